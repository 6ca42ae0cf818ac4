"""The cores that fill ECP5 of three sizes: 56, 108 and 208 block RAMs of 512 words of 36 bits.

A block may also be deeper and narrower, down to 16,384 words of a bit. Synapses are as many words as such
blocks hold side by side, so that few blocks or none have to be selected from behind them: that takes time.
"""

from snnsim.contract import CoreConfig, Formats

CONFIG_25F = CoreConfig(
    neurons=256, inputs=256, lanes=8, delay_slots=8, synapse_words=4096, rows=1024,
    receive_words=256, event_buffer=256, spike_buffer=256)

CONFIG_45F = CoreConfig(
    neurons=512, inputs=512, lanes=8, delay_slots=4, synapse_words=8192, rows=2048,
    receive_words=256, event_buffer=256, spike_buffer=256)

CONFIG_85F = CoreConfig(
    neurons=1024, inputs=512, lanes=8, delay_slots=4, synapse_words=20480, rows=2048,
    receive_words=512, event_buffer=512, spike_buffer=512)

#: Weights of 16 bits, and rules of which each term has at most one factor of the neuron or the synapse.
#: Without tags, so that a plastic synapse takes no more than its own word: room for 128 neurons joined all to
#: all. And noise.
LEARNING_25F = CoreConfig(
    formats=Formats(weight_width=16), neurons=128, inputs=128, lanes=4, delay_slots=4, synapse_words=4096,
    rows=512, plastic_rows=256, learning_rules=4, post_classes=4, lane_factors=1, noise_sources=4,
    receive_words=128, event_buffer=128, spike_buffer=128)
