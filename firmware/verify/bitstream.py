"""An iCE40 bitstream turned back into logic, by what Project IceStorm knows of its bits.

Every tile is read: which wires its bits connect, and what its cells are set to. The cells become those of
`models.ice40`, named after their place, such as ``lc_12_3_4``.
"""

import importlib
import re
import shutil
import sys
import warnings
from pathlib import Path

from snnsim.errors import UserError

from .logic import FIRST_NET, ONE, ZERO, Cell, Logic, NetlistError
from .models import models_of


def find_icebox():
    """Project IceStorm's module ``icebox``; raises `UserError` with the remedy if it is not installed."""
    program = shutil.which("icebox_vlog")
    folder = Path(program).resolve().parent if program else None
    if folder is None or not (folder / "icebox.py").exists():
        raise UserError("reading a bitstream back needs Project IceStorm's icebox: "
                        "apt-get install --no-install-recommends fpga-icestorm fpga-icestorm-chipdb")
    sys.path.insert(0, str(folder))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its text is older than this Python
            return importlib.import_module("icebox")
    finally:
        sys.path.remove(str(folder))


def read_bitstream(path, package, pins):
    """``(Logic, ports)`` of an unpacked bitstream (``.asc``).

    ``package`` is that of the device, ``pins`` maps names of ports to pins of it. Raises `NetlistError` for
    what has no model.
    """
    reader = _Reader(find_icebox(), path)
    ports = reader.ports(package, pins)
    models = models_of("ice40")
    # Tables first: constants are made by them.
    cells = [*reader.logic_cells(), *reader.pins(), *reader.plls(), *reader.block_rams(),
             *reader.single_port_rams(), *reader.multipliers()]
    logic = Logic(FIRST_NET + reader.n_nets)  # some nets are found on the way
    for cell in cells:
        logic.add_cell(cell, models)
    logic.inputs = {net for nets in ports.values() for net in nets}
    return logic, ports


class _Reader:
    """Cells of the tiles, and the nets between them."""

    def __init__(self, icebox, path):
        self._icebox = icebox
        self._chip = icebox.iceconfig()
        self._chip.read_file(str(path))
        self._pads, self.n_nets = {}, 0
        self._pll_pads = set()
        self._find_plls()
        self._net_of = self._connect()

    def ports(self, package, pins):
        """The net of the pad at each pin: name to a tuple of one."""
        places = {pin: (x, y, z) for pin, x, y, z in self._chip.pinloc_db(package)}
        return {name: (self._pad(*places[pin]),) for name, pin in pins.items()}

    # Nets

    def _new(self):
        self.n_nets += 1
        return FIRST_NET + self.n_nets - 1

    def _pad(self, *place):
        if place not in self._pads:
            self._pads[place] = self._new()
        return self._pads[place]

    def _connect(self):
        """Wire segment to net, for all that the bits connect."""
        globals_ = [(x, y, f"padin_{z}") for x, y, z in self._global_pads()]
        nets = {}
        for segments in sorted(self._chip.group_segments(extra_segments=globals_)):
            net = self._new()
            nets.update(dict.fromkeys(segments, net))
        return nets

    def _global_pads(self):
        """Pads, or outputs of a PLL in their place, that drive a global wire directly."""
        pads = self._chip.padin_pio_db()
        for bit in sorted(self._chip.extra_bits):
            kind, *which = self._chip.lookup_extra_bit(bit)
            if kind == "padin_glb_netwk":
                yield pads[int(which[0])]

    def _net(self, x, y, name, default=ZERO):
        return self._net_of.get((x, y, name), default)

    def _inner(self, x, y, name):
        """The net of a wire that nothing may be routed to, such as a carry."""
        if (x, y, name) not in self._net_of:
            self._net_of[x, y, name] = self._new()
        return self._net_of[x, y, name]

    def _bits(self, x, y):
        """Names of the settings whose bits are set in a tile, as ``(group, name)``."""
        config = self._icebox.tileconfig(self._chip.tile(x, y))
        return {(entry[1], entry[2] if len(entry) > 2 else "") for entry in self._chip.tile_db(x, y)
                if entry[1] not in ("routing", "buffer") and config.match(entry[0])}

    # Pins and clocks

    def _find_plls(self):
        self._plls = []
        for name in self._chip.pll_list():
            place = self._icebox.pllinfo_db[name]
            setting = self._pll_number(place, "PLLTYPE", 3)
            if not setting:
                continue
            self._plls.append((place, setting))
            # Where the outputs of a PLL enter, the pads have no input.
            self._pll_pads |= {place["PLLOUT_A"]}
            if setting not in (0b010, 0b011):
                self._pll_pads |= {place["PLLOUT_B"]}

    def _pll_number(self, place, name, width):
        """A setting of a PLL, whose bits lie in the tiles of pins."""
        total = 0
        for k in range(width):
            x, y, bit = place[f"{name}_{k}"]
            total |= (("PLL", bit) in self._bits(x, y)) << k
        return total

    def plls(self):
        for place, setting in self._plls:
            x, y = place["LOC"]
            types = {0b010: "SB_PLL40_PAD", 0b011: "SB_PLL40_CORE"}
            if setting not in types:
                raise NetlistError(f"the PLL at {x}, {y} has two outputs, which cannot be simulated")
            out_x, out_y, z = place["PLLOUT_A"]
            parameters = {name: self._pll_number(place, name, width) for name, width in (
                ("DIVR", 4), ("DIVF", 7), ("DIVQ", 3), ("FEEDBACK_PATH", 3), ("PLLOUT_SELECT_A", 2))}
            parameters["FEEDBACK_PATH"] = "SIMPLE" if parameters["FEEDBACK_PATH"] == 1 else "OTHER"
            parameters["PLLOUT_SELECT"] = ("GENCLK", "GENCLK_HALF", "SHIFTREG_90deg", "SHIFTREG_0deg")[
                parameters.pop("PLLOUT_SELECT_A")]
            ports = {"RESETB": (self._net(*place["RESETB"]),), "BYPASS": (self._net(*place["BYPASS"]),)}
            if setting == 0b010:
                ports["PACKAGEPIN"] = (self._pad(out_x, out_y, z),)
            else:
                ports["REFERENCECLK"] = (self._net(*place["REFERENCECLK"]),)
            outputs = {"PLLOUTCORE": (out_x, out_y, f"io_{z}/D_IN_0"),
                       "PLLOUTGLOBAL": (out_x, out_y, f"padin_{z}"), "LOCK": place["LOCK"]}
            ports |= {port: (self._net_of[wire],) for port, wire in outputs.items() if wire in self._net_of}
            yield Cell(types[setting], f"pll_{x}_{y}", parameters, ports)

    def pins(self):
        global_pads = set(self._global_pads())
        for x, y in sorted(self._chip.io_tiles):
            bits = self._bits(x, y)
            for z in range(2):
                kind = sum(1 << k for k in range(6) if (f"IOB_{z}", f"PINTYPE_{k}") in bits)
                wires = {"D_IN_0": f"io_{z}/D_IN_0", "D_OUT_0": f"io_{z}/D_OUT_0",
                         "OUTPUT_ENABLE": f"io_{z}/OUT_ENB", "INPUT_CLK": "io_global/inclk"}
                ports = {port: (self._net_of[x, y, wire],) for port, wire in wires.items()
                         if (x, y, wire) in self._net_of}
                is_global = (x, y, z) in global_pads
                if (x, y, z) in self._pll_pads:
                    if kind >> 2:
                        raise NetlistError(f"the pin at {x}, {y}, {z} belongs to a PLL and is an output too")
                    continue
                if not (is_global or "D_IN_0" in ports or kind >> 2):
                    continue
                ports = {"PACKAGE_PIN": (self._pad(x, y, z),), "OUTPUT_ENABLE": (ONE,), **ports}
                if is_global:
                    ports["GLOBAL_BUFFER_OUTPUT"] = (self._net_of[x, y, f"padin_{z}"],)
                yield Cell("SB_GB_IO" if is_global else "SB_IO", f"io_{x}_{y}_{z}",
                           {"PIN_TYPE": kind, "NEG_TRIGGER": int(("NegClk", "") in bits)}, ports)

    # Logic

    def logic_cells(self):
        used = set()
        for x, y, wire in self._net_of:
            match = re.match(r"lutff_(\d)/", wire)
            if match and (x, y) in self._chip.logic_tiles:
                used.add((x, y, int(match[1])))
        for x, y, k in sorted(used):
            yield from self._logic_cell(x, y, k)

    def _logic_cell(self, x, y, k):
        tile = self._chip.logic_tiles[x, y]
        name = f"lc_{x}_{y}_{k}"
        has_carry, has_register, is_set, is_asynchronous = (
            bit == "1" for bit in self._icebox.get_lutff_seq_bits(tile, k))
        bits = int("".join(reversed(self._icebox.get_lutff_lut_bits(tile, k))), 2)
        inputs = [self._net(x, y, f"lutff_{k}/in_{n}") for n in range(4)]
        output = self._inner(x, y, f"lutff_{k}/out")
        through = self._inner(x, y, f"lutff_{k}/lout") if has_register else output
        if not has_register and (x, y, f"lutff_{k}/lout") in self._net_of:
            through = self._net(x, y, f"lutff_{k}/lout")
            yield Cell("SB_LUT4", f"{name}_through", {"LUT_INIT": 0b10}, {"O": (output,), "I0": (through,)})
        yield Cell("SB_LUT4", name, {"LUT_INIT": bits},
                   {"O": (through,), **{f"I{n}": (net,) for n, net in enumerate(inputs)}})
        if has_carry:
            yield Cell("SB_CARRY", f"{name}_carry", {}, {
                "I0": (inputs[1],), "I1": (inputs[2],), "CI": (self._carry_in(x, y, k, tile),),
                "CO": (self._inner(x, y, f"lutff_{k}/cout"),)})
        if has_register:
            if self._icebox.get_negclk_bit(tile) == "1":
                raise NetlistError(f"the edge of the tile at {x}, {y} is negative")
            reset = ("S" if not is_asynchronous else "") + "RS"[is_set]
            yield Cell(f"SB_DFFE{reset}", f"{name}_register", {}, {
                "C": (self._net(x, y, "lutff_global/clk"),), "E": (self._net(x, y, "lutff_global/cen", ONE),),
                "RS"[is_set]: (self._net(x, y, "lutff_global/s_r"),), "D": (through,), "Q": (output,)})

    def _carry_in(self, x, y, k, tile):
        if k:
            return self._inner(x, y, f"lutff_{k - 1}/cout")
        if self._icebox.get_carry_cascade_bit(tile) == "0":
            return int(self._icebox.get_carry_bit(tile))
        return self._net(x, y, "carry_in_mux")

    # Blocks

    def block_rams(self):
        for x, y in sorted(self._chip.ramb_tiles):
            bits = self._bits(x, y) | self._bits(x, y + 1)
            powered = ("RamConfig", "PowerUp") in bits
            if powered != (self._chip.device in ("8k", "5k", "u4k")):
                continue
            if ("NegClk", "") in bits:
                raise NetlistError(f"the edge of the block RAM at {x}, {y} is negative")

            def mode(low, bits=bits):
                return sum((("RamConfig", f"CBIT_{low + k}") in bits) << k for k in range(2))

            contents = self._chip.ram_data.get((x, y), ["0"] * 16)
            parameters = {f"INIT_{k:X}": int(line, 16) for k, line in enumerate(contents)}
            parameters |= {"WRITE_MODE": mode(0), "READ_MODE": mode(2)}
            yield Cell("SB_RAM40_4K", f"ram_{x}_{y}", parameters, self._ram_ports(x, y))

    def _ram_ports(self, x, y):
        def net(name, default):
            return self._net(x, y, f"ram/{name}", self._net(x, y + 1, f"ram/{name}", default))

        ports = {name: (net(name, ZERO),) for name in ("WE", "RE", "WCLK", "RCLK")}
        ports |= {name: (net(name, ONE),) for name in ("WCLKE", "RCLKE")}
        for name, width in (("WADDR", 11), ("RADDR", 11), ("MASK", 16), ("WDATA", 16)):
            ports[name] = tuple(net(f"{name}_{k}", ZERO) for k in range(width))
        ports["RDATA"] = tuple(net(f"RDATA_{k}", None) for k in range(16))
        return ports

    def single_port_rams(self):
        for place, wires in getattr(self._icebox, "spram_db", {}).get(self._chip.device, {}).items():
            x, y, bit = wires["SPRAM_EN"]
            if ("IpConfig", bit) in self._bits(x, y):
                yield Cell("SB_SPRAM256KA", "spram_{}_{}_{}".format(*place), {}, self._block_ports(wires))

    def multipliers(self):
        for x, y in sorted(self._chip.dsp_tiles[0]):
            wires = self._chip.get_dsp_nets_db(x, y)
            if not any(wires[f"O_{k}"] in self._net_of for k in range(32)):
                continue
            parameters = {}
            for name, (bit_x, bit_y, bit) in self._chip.get_dsp_config_db(x, y).items():
                base, _, k = name.rpartition("_")
                is_part = base.endswith(("SELECT", "LOWERINPUT", "CARRYSELECT"))
                value = ("IpConfig", bit) in self._bits(bit_x, bit_y)
                key = base if is_part else name
                parameters[key] = parameters.get(key, 0) | value << (int(k) if is_part else 0)
            ports = self._block_ports(wires)
            ports.setdefault("CE", (ONE,))
            yield Cell("SB_MAC16", f"mac_{x}_{y}", parameters, ports)

    def _block_ports(self, wires):
        """The ports of a block that are connected; its wires are named ``PORT`` or ``PORT_k``."""
        return {name.replace("_", ""): (self._net_of[wire],) for name, wire in wires.items()
                if wire in self._net_of}
