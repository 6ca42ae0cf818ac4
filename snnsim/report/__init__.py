"""Pictures of runs."""

from .raster_picture import raster_picture, save_picture

__all__ = ["raster_picture", "save_picture"]
