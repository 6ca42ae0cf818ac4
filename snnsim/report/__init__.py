"""Pictures of runs."""

from .raster_picture import Section, picture_format, raster_picture, save_picture

__all__ = ["Section", "picture_format", "raster_picture", "save_picture"]
