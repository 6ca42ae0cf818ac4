"""The hand-worked cases of ``vectors/`` as images, stimuli and expected results."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snnsim.contract import Formats
from snnsim.image import Image, ImageProjection, Parameters, Part, State
from snnsim.raster import SpikeRaster

VECTORS = Path(__file__).parent / "vectors"
FORMATS = Formats(**tomllib.loads((VECTORS / "formats.toml").read_text()))
FILES = ("decay", "saturation", "fire", "deliver", "rest")
DEFAULTS = {name: 0 for name in (*Parameters.names(), "v", "i", "r")} | {
    "v_threshold": FORMATS.state.hi, "v_min": FORMATS.state.lo}


@dataclass(frozen=True)
class Case:
    name: str
    image: Image
    stimulus: SpikeRaster
    v: np.ndarray
    i: np.ndarray
    spikes: list
    i_saturations: int
    v_saturations: int


def load_cases(files=FILES):
    """All cases of these files."""
    return [_case(record) for file in files
            for record in tomllib.loads((VECTORS / f"{file}.toml").read_text())["case"]]


def _case(record):
    v = np.array(record["v"])
    inputs = record.get("inputs", 0)
    events = np.array(record.get("events", []), dtype=int).reshape(-1, 2)
    return Case(
        name=record["name"],
        image=make_image(record["neurons"], inputs, record.get("synapses", [])),
        stimulus=SpikeRaster.from_events(events[:, 0], events[:, 1], steps=len(v), neurons=inputs),
        v=v,
        i=np.array(record["i"]) if "i" in record else np.zeros_like(v),
        spikes=[tuple(spike) for spike in record.get("spikes", [])],
        i_saturations=record.get("i_saturations", 0),
        v_saturations=record.get("v_saturations", 0),
    )


def make_image(neurons, inputs, synapses, formats=FORMATS):
    """An image from the records of a case; each synapse is a projection of its own."""
    neurons = [DEFAULTS | neuron for neuron in neurons]
    column = {name: np.array([neuron[name] for neuron in neurons]) for name in DEFAULTS}
    return Image(
        formats, (Part("p", 0, len(neurons)),), (Part("k", 0, inputs),),
        Parameters(**{name: column[name] for name in Parameters.names()}),
        State(**{name: column[name] for name in "vir"}),
        tuple(_projection(synapse, len(neurons)) for synapse in synapses))


def _projection(synapse, n_neurons):
    source = synapse["from"]
    if isinstance(source, str):
        source = n_neurons + int(source.removeprefix("k"))
    return ImageProjection(
        "synapse", source, 1, synapse["to"], 1, synapse.get("exponent", 0), np.array([0, 1]), np.array([0]),
        np.array([synapse["weight"]]), np.array([synapse.get("delay", 1)]))
