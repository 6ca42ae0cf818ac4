"""The core: all components wired together, no logic of its own."""

from amaranth import Array, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract.layout import COLUMN_WIDTH, Memory, memory_shape

from .activity import Activity
from .command import CLEARED, Command
from .delay import DriveRing, ring_address
from .events import EventBuffer
from .frame import FrameReceiver, FrameTransmitter
from .learner import Learner
from .memory import ColumnMemory, StaggeredMemory
from .neuron import NeuronPipeline
from .noise import Noise
from .sequencer import Sequencer
from .synapse import Delivery, RowFetch, RowWalk

#: Clocks without work before ``busy`` goes low: longer than any path from one component to the next.
SETTLING = 15


class Core(wiring.Component):
    """A programmable neuromorphic core behind a byte stream.

    ``i`` and ``o`` carry the frames of `snnsim.contract.packets`; ``i`` is always ready. ``busy`` is
    high while the core has work that needs no further input. ``identity`` is the 64-bit id that the
    core tells the host. ``synapse_memory(depth, width)`` makes the memory of the synapses: another one
    with the ports of `ColumnMemory` where a device has a kind of memory of its own for so much. It is never
    read and written in the same clock.
    """

    def __init__(self, config, identity=0, synapse_memory=ColumnMemory):
        self._config = config
        self._identity = identity
        self._synapse_memory = synapse_memory
        super().__init__({
            "i": In(stream.Signature(8)),
            "o": Out(stream.Signature(8)),
            "busy": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        config = self._config
        m.submodules.command = self._command = Command(config, self._identity)
        m.submodules.sequencer = self._sequencer = Sequencer(config)
        m.submodules.ring = self._ring = DriveRing(config)
        m.submodules.activity = self._activity = Activity(config)
        self._memories = {}
        makers = {Memory.PARAMETERS: StaggeredMemory, Memory.STATE: ColumnMemory, Memory.ROWS: ColumnMemory,
                  Memory.SYNAPSES: self._synapse_memory}
        for kind, make in makers.items():
            self._memories[kind] = make(*memory_shape(config, kind))
            m.submodules[kind.name.lower()] = self._memories[kind]
        if config.learns:
            m.submodules.learner = self._learner = Learner(config)
        if config.draws:
            m.submodules.noise = self._noise = Noise(config)
        self._elaborate_link(m)
        self._elaborate_host(m)
        self._elaborate_run(m)
        self._elaborate_sweep(m)
        self._elaborate_delivery(m)
        if config.learns:
            self._elaborate_learning(m)
        return m

    def _elaborate_link(self, m):
        m.submodules.receiver = receiver = FrameReceiver(self._config.receive_words)
        m.submodules.transmitter = transmitter = FrameTransmitter()
        wiring.connect(m, wiring.flipped(self.i), receiver.i)
        wiring.connect(m, receiver.o, self._command.i)
        wiring.connect(m, self._command.o, transmitter.i)
        wiring.connect(m, transmitter.o, wiring.flipped(self.o))
        m.d.comb += self._command.corrupt.eq(receiver.corrupt)

        settling = Signal(range(SETTLING + 1))
        sequencer = self._sequencer
        working = (self.i.valid | self._command.busy | transmitter.busy
                   | (sequencer.running & ~sequencer.waiting))
        m.d.comb += self.busy.eq(working | (settling != 0))
        with m.If(working):
            m.d.sync += settling.eq(SETTLING)
        with m.Elif(settling != 0):
            m.d.sync += settling.eq(settling - 1)

    def _elaborate_host(self, m):
        """The host's access to the memories, which are its own while no run is active."""
        command = self._command
        ports = {kind: memory.host for kind, memory in self._memories.items()}
        ports[Memory.DRIVE] = self._ring.host
        if self._config.learns:
            ports |= self._learner.hosts
        if self._config.draws:
            ports |= self._noise.hosts
        for kind, port in ports.items():
            m.d.comb += [
                port.select.eq(~self._sequencer.running),
                port.address.eq(command.host_address),
                port.w_data.eq(command.host_w_data),
            ]
            column = Signal(COLUMN_WIDTH, name=f"{kind.name.lower()}_column")
            m.d.sync += column.eq(port.r_data.word_select(command.host_column, COLUMN_WIDTH))
            with m.If(command.host_memory == kind):
                m.d.comb += port.w_en.eq(command.host_w_en << command.host_column)
                m.d.sync += command.host_r_data.eq(column)
            if kind in CLEARED:
                with m.If(command.host_clear):
                    m.d.comb += port.w_en.eq(-1)
        m.d.comb += [
            self._activity.wake.eq(command.host_w_en | command.host_clear),
            self._activity.fill.eq(command.host_w_en & self._writes_arrivals(command)),
            self._activity.empty.eq(command.host_clear),
        ]

    def _writes_arrivals(self, command):
        drive = command.host_memory == Memory.DRIVE
        return drive | (command.host_memory == Memory.THIRD) if self._config.third_factors else drive

    def _elaborate_run(self, m):
        config, command, sequencer = self._config, self._command, self._sequencer
        m.submodules.spikes = spikes = EventBuffer(config.spike_buffer)
        m.submodules.events = events = EventBuffer(
            config.event_buffer, number_bits=config.event_buffer.bit_length())
        wiring.connect(m, spikes.o, command.spikes)
        m.d.comb += [
            spikes.i.payload.eq(sequencer.spikes.payload), spikes.i.valid.eq(sequencer.spikes.valid),
            sequencer.spikes.ready.eq(spikes.i.ready),
            spikes.clear.eq(command.run_start),
            spikes.take.eq(command.spikes_take), spikes.take_number.eq(command.spikes_take_number),
            spikes.again.eq(command.spikes_again),
            command.spikes_written.eq(spikes.written), command.spikes_sent.eq(spikes.sent),
            events.i.payload.eq(command.events.payload), events.i.valid.eq(command.events.valid),
            command.events.ready.eq(events.i.ready),
            command.event_room.eq(config.event_buffer - events.used),
            sequencer.events.payload.eq(events.o.payload), sequencer.events.valid.eq(events.o.valid),
            events.o.ready.eq(sequencer.events.ready),
            events.clear.eq(command.run_start),
            # An input event is done with when the sequencer has it.
            events.take.eq(events.o.valid & events.o.ready), events.take_number.eq(events.sent + 1),
            sequencer.start.eq(command.run_start), sequencer.stop.eq(command.run_stop),
            sequencer.rewind.eq(command.run_rewind),
            sequencer.run_steps.eq(command.run_steps), sequencer.run_events.eq(command.run_events),
            command.running.eq(sequencer.running), command.waiting.eq(sequencer.waiting),
            command.report.eq(sequencer.report),
        ]

    def _elaborate_sweep(self, m):
        config, sequencer, ring, activity = self._config, self._sequencer, self._ring, self._activity
        m.submodules.neurons = self._neurons = neurons = NeuronPipeline(config)
        parameters, state = self._memories[Memory.PARAMETERS], self._memories[Memory.STATE]
        lane_bits = (config.lanes - 1).bit_length()
        size_bits = (config.region_neurons - 1).bit_length()
        valid, neuron, drawing = self._elaborate_noise(m)
        read_valid, read_neuron = Signal(), Signal.like(neuron)
        m.d.sync += [read_valid.eq(valid), read_neuron.eq(neuron)]
        bank = read_neuron[:lane_bits]
        m.d.comb += [
            parameters.r_address.eq(neurons.p_address),
            state.r_address.eq(neuron),
            ring.sweep.eq(valid),
            ring.sweep_address.eq(ring_address(config, sequencer.slot, neuron >> lane_bits)),
            ring.clear.eq(read_valid << bank),
            neurons.i_valid.eq(valid), neurons.i_neuron.eq(neuron),
            neurons.parameters.eq(parameters.r_data),
            neurons.state.eq(state.r_data),
            neurons.drive.eq(Array(ring.r_data)[bank]),
            state.w_address.eq(neurons.o_neuron), state.w_data.eq(neurons.o_state),
            state.w_en.eq(neurons.o_valid),
            activity.swept.eq(sequencer.swept),
            sequencer.active.eq(activity.active),
            sequencer.fired.eq(neurons.o_valid & neurons.spike),
            sequencer.fired_neuron.eq(neurons.o_neuron),
            sequencer.i_saturates.eq(neurons.o_valid & neurons.i_saturates),
            sequencer.v_saturates.eq(neurons.o_valid & neurons.v_saturates),
        ]
        if config.learns:  # a neuron is at rest only where its traces are
            post = self._learner.post
            stirs, stirred, updating = post.o_valid & post.o_awake, post.o_neuron, neurons.busy | post.busy
        else:
            stirs, stirred, updating = neurons.o_valid & neurons.awake, neurons.o_neuron, neurons.busy
            if config.adaptive:
                m.d.comb += sequencer.saturations.eq(neurons.o_valid & neurons.z_saturates)
        m.d.comb += [
            activity.stir.eq(stirs), activity.stir_region.eq(stirred >> size_bits),
            sequencer.updating.eq(updating | drawing)]

    def _elaborate_noise(self, m):
        """``(valid, neuron, busy)``: the neurons of the sweep, behind what draws for them."""
        sequencer = self._sequencer
        if not self._config.draws:
            return sequencer.sweep_valid, sequencer.sweep_neuron, 0
        neurons, noise = self._neurons, self._noise
        m.d.comb += [
            noise.i_valid.eq(sequencer.sweep_valid), noise.i_neuron.eq(sequencer.sweep_neuron),
            noise.time.eq(sequencer.time), neurons.hash.eq(noise.hash),
            noise.columns.r_address.eq(neurons.column_address), neurons.column.eq(noise.columns.r_data),
        ]
        return noise.o_valid, noise.o_neuron, noise.busy

    def _elaborate_delivery(self, m):
        config, ring = self._config, self._ring
        rows, synapses = self._memories[Memory.ROWS], self._memories[Memory.SYNAPSES]
        m.submodules.fetch = self._fetch = fetch = RowFetch(config)
        m.submodules.walk = walk = RowWalk(config)
        m.submodules.delivery = self._delivery = delivery = Delivery(config)
        wiring.connect(m, self._sequencer.rows, fetch.i)
        wiring.connect(m, fetch.o, walk.i)
        m.d.comb += [
            rows.r_address.eq(fetch.r_address), fetch.r_data.eq(rows.r_data),
            synapses.r_address.eq(walk.o_address), delivery.word.eq(synapses.r_data),
            delivery.i_valid.eq(walk.o_valid), delivery.i_exponent.eq(walk.o_exponent),
            delivery.slot.eq(self._sequencer.slot),
            ring.add_valid.eq(self._for_drive(delivery)), ring.add_address.eq(delivery.add_address),
            ring.add_value.eq(delivery.add_value),
            self._activity.hit.eq(delivery.hit), self._activity.delay.eq(delivery.delay),
            self._sequencer.delivering.eq(fetch.busy | walk.o_valid | delivery.busy),
        ]
        if config.third_factors:
            m.d.comb += delivery.i_to_m.eq(walk.o_to_m)

    def _for_drive(self, delivery):
        """The lanes whose additions are not for the third factors."""
        return delivery.add_valid & ~delivery.add_to_m.replicate(self._config.lanes) \
            if self._config.third_factors else delivery.add_valid

    def _elaborate_learning(self, m):
        config, learner, sequencer = self._config, self._learner, self._sequencer
        synapses, neurons, post = self._memories[Memory.SYNAPSES], self._neurons, self._learner.post
        dirty = Signal(init=1)  # since the host wrote, any row may have something to do
        with m.If(sequencer.prepare):
            m.d.sync += dirty.eq(0)
        with m.If(self._command.host_w_en | self._command.host_clear):
            m.d.sync += dirty.eq(1)
        with m.If(learner.busy):
            m.d.comb += synapses.r_address.eq(learner.r_address)
        m.d.comb += [
            learner.prepare.eq(sequencer.prepare & dirty), learner.learn.eq(sequencer.learn),
            learner.any_post.eq(sequencer.any_post), learner.commanded.eq(sequencer.commanded),
            learner.time.eq(sequencer.time), sequencer.learning.eq(learner.busy),
            sequencer.clips.eq(learner.clips), sequencer.saturations.eq(learner.saturations),
            learner.mark.eq(self._fetch.mark), learner.mark_row.eq(self._fetch.mark_row),
            learner.counted.eq(sequencer.rows.valid & sequencer.rows.ready),
            learner.source.eq(sequencer.rows.payload), learner.slot.eq(sequencer.slot),
            learner.word.eq(synapses.r_data), synapses.w_en.eq(learner.w_en),
            synapses.w_address.eq(learner.w_address), synapses.w_data.eq(learner.w_word),
            post.i_valid.eq(neurons.o_valid), post.i_neuron.eq(neurons.o_neuron),
            post.spike.eq(neurons.spike), post.awake.eq(neurons.awake),
            post.post_class.eq(neurons.o_class), post.flipped.eq(neurons.o_flipped),
        ]
        if config.tables:
            m.d.comb += [post.fired_at.eq(neurons.fired_at), post.threshold.eq(neurons.threshold)]
        if config.adaptive:
            m.d.comb += learner.adaptation_saturates.eq(neurons.o_valid & neurons.z_saturates)
        if config.third_factors:
            third, delivery = learner.third, self._delivery
            m.d.comb += [
                third.add_valid.eq(delivery.add_valid & delivery.add_to_m.replicate(config.lanes)),
                third.add_address.eq(delivery.add_address), third.add_value.eq(delivery.add_value)]
