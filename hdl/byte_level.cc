// A core with streams of bytes at its ports, as a library.
#include "model.cc"

#include <deque>

struct Model {
    cxxrtl_design::p_model core;
    std::deque<uint8_t> input, output;
    bool gap = false;  // a clock without a byte: a line is never so fast that writes fill the core's buffer

    // One rising edge. The outputs are those before it, which eval() computes; commit() updates the
    // registers. A falling edge would change nothing but the memory of the clock.
    void clock() {
        bool offers = !input.empty() && !gap;
        gap = false;
        core.p_i____valid.set<bool>(offers);
        if (offers)
            core.p_i____payload.set<uint8_t>(input.front());
        core.p_o____ready.set<bool>(true);
        core.prev_p_clk.set<bool>(false);
        core.p_clk.set<bool>(true);
        core.eval();
        if (offers && core.p_i____ready.get<bool>())
            input.pop_front(), gap = true;
        if (core.p_o____valid.get<bool>())
            output.push_back(core.p_o____payload.get<uint8_t>());
        core.commit();
    }

    // In the clock after a byte the core's outputs do not know of it yet.
    bool works() { return !input.empty() || gap || core.p_busy.get<bool>(); }
};

#include "library.h"
