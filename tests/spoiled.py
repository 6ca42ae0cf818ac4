"""Files of images that somebody has spoiled."""

import pytest

from snnsim.errors import UserError
from snnsim.image import FORMAT, FORMAT_VERSION, Image
from snnsim.storage import load_arrays, save_arrays


def assert_refused_when_spoiled(image, path, spoil, message):
    """``image``, saved to ``path`` and changed by ``spoil(header, arrays)``, is refused in one line that has
    the ``message`` and the name of the file."""
    image.save(path)
    header, arrays = load_arrays(path, FORMAT, FORMAT_VERSION, ())
    spoil(header, arrays)
    save_arrays(path, FORMAT, FORMAT_VERSION, header, arrays)
    with pytest.raises(UserError, match=message) as caught:
        Image.load(path)
    assert "\n" not in str(caught.value) and path.name in str(caught.value)
