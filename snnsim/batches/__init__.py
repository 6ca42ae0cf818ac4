"""Running many samples over one `Image` at once, each as `Simulator` would."""

from .rasters import BatchError, RasterBatch
from .simulator import BatchResult, BatchSimulator

__all__ = ["BatchError", "BatchResult", "BatchSimulator", "RasterBatch"]
