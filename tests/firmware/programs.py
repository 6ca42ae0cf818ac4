"""Programmers that behave like the real ones: what these print and the code with which they end."""

import os

LOADED = ("openFPGALoader", "empty\nwrite to flash\nJtag frequency : requested 6.00MHz -> real 6.00MHz\n"
          "Parse file DONE\nWriting: [==================================================] 100.00%\nDone\n", 0)
#: What the real programs do without a board: what they print, their exit code. From runs of openFPGALoader
#: 1.1.1 and iceprog of 2023-02-18, and from the sources and the users' reports of the others.
NO_CABLE = {
    "openFPGALoader": ("empty\nunable to open ftdi device: -3 (device not found)\n"
                       "JTAG init failed with: unable to open ftdi device\n", 1),
    "openFPGALoader to an iCE40": ("empty\nunable to open ftdi device: -3 (device not found)\n"
                                   "Error: Failed to claim cable\n", 1),
    "openFPGALoader by DFU": ("empty\nError: no device found\nDFU init failed with: \n", 1),
    "iceprog": ("init..\nCan't find iCE FTDI USB device (vendor_id 0x0403, device_id 0x6010 or 0x6014).\n"
                "ABORT.\n", 2),
    "tinyprog": ("\n    TinyProg CLI\n    ------------\n    Using device id 1d50:6130\n"
                 "    No port was specified and no active bootloaders found.\n"
                 "    Activate bootloader by pressing the reset button.\n", 1),
    "dfu-util": ("dfu-util 0.11\n\nCopyright 2005-2009 Weston Schmidt, Harald Welte and OpenMoko Inc.\n"
                 "dfu-util: No DFU capable USB device available\n", 74),
    "icesprog": ("iCELink open fail!\n", 255),
}
NO_PERMISSION = {
    "openFPGALoader": ("empty\nunable to open ftdi device: -4 (usb_open() failed)\n"
                       "JTAG init failed with: unable to open ftdi device\n", 1),
    "dfu-util": ("dfu-util 0.11\n\ndfu-util: Cannot open DFU device 1209:5bf0 found on devnum 3 "
                 "(LIBUSB_ERROR_ACCESS)\ndfu-util: No DFU capable USB device available\n", 74),
}
NO_LIBRARY = ("openFPGALoader: error while loading shared libraries: {}: cannot open shared object file: "
              "No such file or directory\n", 127)


def put_program(folder, name, output, code):
    """An executable in ``folder`` that prints its arguments, then ``output``, and ends with ``code``."""
    (folder / f"{name}.txt").write_text(output)
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "arguments: $*"\n/bin/cat "{folder}/{name}.txt" >&2\nexit {code}\n')
    os.chmod(program, 0o755)
