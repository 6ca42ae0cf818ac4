// Logic, clock for clock: only what changes is computed.
//
// Tables, reads of memories and products are nodes, in levels: a node's inputs come from lower levels. A net
// that changes puts the nodes behind it into the queue of their level, and the levels are worked off in
// order, so each node is computed at most once in a clock. The arrays are those of plan.py, in its order.
#include <cstdint>

enum Kind : uint8_t { TABLE, READ, PRODUCT };
constexpr int TABLE_INPUTS = 6;

// Lists of nets: the first, and how many.
struct Nets { int32_t first, count; };
struct Read { int32_t memory; Nets address, data; };
struct Product { int32_t a_signed, b_signed; Nets a, b, output; };
struct Write { int32_t when, memory; Nets address, data, enable; };

struct Circuit {
    const uint8_t *kind;
    const int32_t *number, *level, *level_first, *table_inputs;
    const uint64_t *table_bits;
    const int32_t *table_output;
    const Read *reads;
    const Product *products;
    const int32_t *nets;
    const int32_t *behind_first, *behind;
    const int32_t *d, *q;
    const Write *writes;
    const int32_t *memory_first, *memory_depth, *readers_first, *readers;
    uint8_t *value;
    uint64_t *contents;
    int32_t *queue, *queue_size;
    uint8_t *is_queued;
    int32_t *pending, *taken;
    uint8_t *is_pending, *next_value;
    int32_t n_nodes, n_levels, n_writes, n_pending;

    void settle() {
        for (int32_t l = 0; l < n_levels; l++) {
            const int32_t *nodes = queue + level_first[l];
            for (int32_t k = 0; k < queue_size[l]; k++) {  // a node never adds to its own level
                is_queued[nodes[k]] = 0;
                compute(nodes[k]);
            }
            queue_size[l] = 0;
        }
    }

    // One rising edge: everything is taken from before it.
    void edge() {
        int32_t n = n_pending;
        for (int32_t k = 0; k < n; k++) {
            taken[k] = pending[k];
            is_pending[taken[k]] = 0;
            next_value[k] = value[d[taken[k]]];
        }
        n_pending = 0;  // what becomes pending from here on belongs to the next edge
        for (int32_t k = 0; k < n_writes; k++)
            if (value[writes[k].when])
                write(writes[k]);
        for (int32_t k = 0; k < n; k++)
            set(q[taken[k]], next_value[k]);
    }

    void set(int32_t net, uint8_t bit) {
        if (value[net] == bit)
            return;
        value[net] = bit;
        for (int32_t k = behind_first[net]; k < behind_first[net + 1]; k++) {
            if (behind[k] < n_nodes)
                schedule(behind[k]);
            else
                pend(behind[k] - n_nodes);
        }
    }

    void schedule(int32_t node) {
        if (is_queued[node])
            return;
        is_queued[node] = 1;
        queue[level_first[level[node]] + queue_size[level[node]]++] = node;
    }

    // A flip-flop whose input may differ from its output at the next edge.
    void pend(int32_t flip_flop) {
        if (is_pending[flip_flop])
            return;
        is_pending[flip_flop] = 1;
        pending[n_pending++] = flip_flop;
    }

    void compute(int32_t node) {
        int32_t k = number[node];
        switch (kind[node]) {
        case TABLE: {
            unsigned index = 0;
            for (int input = 0; input < TABLE_INPUTS; input++)
                index |= value[table_inputs[TABLE_INPUTS * k + input]] << input;
            set(table_output[k], table_bits[k] >> index & 1);
            break;
        }
        case READ: {
            int32_t place = place_of(reads[k].memory, reads[k].address);
            set_all(reads[k].data, place < 0 ? 0 : contents[place]);
            break;
        }
        case PRODUCT: {
            const Product &p = products[k];
            set_all(p.output, uint64_t(number_of(p.a, p.a_signed)) * uint64_t(number_of(p.b, p.b_signed)));
            break;
        }
        }
    }

    void write(const Write &w) {
        int32_t place = place_of(w.memory, w.address);
        if (place < 0)
            return;
        uint64_t mask = number_of(w.enable, false), data = number_of(w.data, false);
        contents[place] = (contents[place] & ~mask) | (data & mask);
        for (int32_t k = readers_first[w.memory]; k < readers_first[w.memory + 1]; k++)
            schedule(readers[k]);
    }

    // Where a word lies in `contents`, -1 beyond the end of its memory.
    int32_t place_of(int32_t memory, Nets address) const {
        int64_t word = number_of(address, false);
        return word < memory_depth[memory] ? memory_first[memory] + int32_t(word) : -1;
    }

    int64_t number_of(Nets list, bool is_signed) const {
        uint64_t number = 0;
        for (int32_t k = 0; k < list.count; k++)
            number |= uint64_t(value[nets[list.first + k]]) << k;
        if (is_signed && list.count && value[nets[list.first + list.count - 1]])
            number -= uint64_t(1) << list.count;
        return int64_t(number);
    }

    void set_all(Nets list, uint64_t number) {
        for (int32_t k = 0; k < list.count; k++)
            set(nets[list.first + k], number >> k & 1);
    }
};

// The host's end of a UART: ticks of `divisor` clocks a bit.
struct Uart {
    int32_t rx, tx, divisor;
    int32_t sending, send_bits, send_clocks;        // bits still to be sent, and clocks left of the present one
    int32_t receiving, received_bits, sample_clocks;  // bits still to come, and clocks until the next sample
};

extern "C" {

// One clock with `count` nets set; `before` gets the values of all `n_nets` nets before its edge.
void circuit_step(Circuit *c, const int32_t *nets, const uint8_t *bits, int32_t count, uint8_t *before,
                  int32_t n_nets) {
    for (int32_t k = 0; k < count; k++)
        c->set(nets[k], bits[k]);
    c->settle();
    for (int32_t net = 0; net < n_nets; net++)
        before[net] = c->value[net];
    c->edge();
}

// At most `clocks` clocks, until a byte has come. Returns how many, takes `*sent` bytes of `input`.
int64_t circuit_run(Circuit *c, Uart *u, const uint8_t *input, int32_t count, int32_t *sent, int32_t *byte,
                    int64_t clocks) {
    *sent = 0, *byte = -1;
    int64_t ran = 0;
    for (; ran < clocks && *byte < 0; ran++) {
        if (!u->sending && *sent < count) {
            u->send_bits = 1 << 9 | input[(*sent)++] << 1;  // a stop bit, the byte, a start bit
            u->sending = 10;
            u->send_clocks = u->divisor;
        }
        c->set(u->rx, u->sending ? u->send_bits & 1 : 1);
        if (u->sending && --u->send_clocks == 0) {
            u->send_bits >>= 1;
            u->sending--;
            u->send_clocks = u->divisor;
        }
        c->settle();
        bool tx = c->value[u->tx];
        c->edge();
        if (!u->receiving) {
            if (!tx) {
                u->receiving = 9;
                u->sample_clocks = u->divisor + u->divisor / 2;
            }
        } else if (--u->sample_clocks == 0) {
            u->sample_clocks = u->divisor;
            if (--u->receiving)
                u->received_bits = (u->received_bits >> 1 | tx << 7) & 0xFF;
            else if (tx)  // else no stop bit: not a byte
                *byte = u->received_bits;
        }
    }
    return ran;
}

}
