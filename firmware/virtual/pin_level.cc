// The top level with its pins, and the UART of a host at their other end, as a library.
#include "model.cc"

#include <deque>

struct Model {
    cxxrtl_design::p_model board;
    std::deque<uint8_t> input, output;

    // The host's transmitter: bits still to be sent, and clocks left of the present one.
    unsigned sending = 0, send_bits = 0, send_clocks = 0;
    // The host's receiver: bits still to come, and clocks until the next sample.
    unsigned receiving = 0, received_bits = 0, sample_clocks = 0;

    // One rising edge; see byte_level.cc of the core.
    void clock() {
        board.p_rx.set<bool>(next_bit());
        board.prev_p_clk.set<bool>(false);
        board.p_clk.set<bool>(true);
        board.eval();
        bool tx = board.p_tx.get<bool>();
        board.commit();
        receive(tx);
    }

    bool works() { return !input.empty() || sending || receiving || board.p_busy.get<bool>(); }

    bool next_bit() {
        if (!sending && !input.empty()) {
            send_bits = 1u << 9 | input.front() << 1;  // a stop bit, the byte, a start bit
            input.pop_front();
            sending = 10;
            send_clocks = DIVISOR;
        }
        bool bit = sending ? send_bits & 1 : true;
        if (sending && --send_clocks == 0) {
            send_bits >>= 1;
            sending--;
            send_clocks = DIVISOR;
        }
        return bit;
    }

    void receive(bool tx) {
        if (!receiving) {
            if (!tx) {
                receiving = 9;
                sample_clocks = DIVISOR + DIVISOR / 2;
            }
        } else if (--sample_clocks == 0) {
            sample_clocks = DIVISOR;
            if (--receiving)
                received_bits = received_bits >> 1 | tx << 7;
            else if (tx)  // else no stop bit: not a byte
                output.push_back(received_bits);
        }
    }
};

#include "library.h"
