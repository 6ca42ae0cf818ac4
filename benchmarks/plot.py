"""What a synaptic event costs in balanced networks, by their size."""

import numpy as np
from matplotlib.figure import Figure

from benchmarks.machines import OURS


def draw_cost(results, path):
    """A picture of nanoseconds of the processor for each event against synapses, of ours and of each peer."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot(xscale="log", yscale="log", xlabel="synapses",
                              ylabel="CPU ns for a synaptic event")
    results = sorted(results, key=lambda result: result.synapses)
    for name in dict.fromkeys(name for result in results for name in result.machines):
        own = [(r.synapses, 1e9 * r.machines[name].median("cpu") / r.events(name)) for r in results
               if name in r.machines and r.agrees(name)]
        if len(own) > 1:
            axes.plot(*np.transpose(own), "o-" if name == OURS else "s--", label=name)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
