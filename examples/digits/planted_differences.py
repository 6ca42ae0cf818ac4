"""What a comparison that fails looks like: a run of the digits network with four spikes changed by hand.

    python examples/digits/planted_differences.py     # writes differences.png
"""

from snnsim import Simulator, SpikeRaster, compile, digits, first_difference
from snnsim.report import raster_picture, save_picture

LOST = (400, 1400)             # the how manieth spike
ADDED = ((31, 17), (70, 131))  # (step, neuron)

image = compile(digits.load_network()).image
machine = Simulator(image)
split = digits.load_split()
stimulus = SpikeRaster.from_dense(digits.spikes_of(split.test_images[:3]).reshape(-1, digits.PIXELS))
right = machine.run(stimulus).raster

dense = right.dense()
for step, neuron in ADDED:
    dense[step, neuron] = True
for k in LOST:
    dense[right.step[k], right.neuron[k]] = False
wrong = SpikeRaster.from_dense(dense)

print(first_difference(right, wrong))
save_picture(raster_picture(right, wrong, names=("simulator", "faulty copy"), populations=image.populations),
             "differences.png")
