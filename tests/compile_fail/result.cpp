// The outcome of what may fail cannot be dropped, nor taken for its value.
// must fail DROPPED: nodiscard
// must fail TAKEN: Result<int>

#include "core/result.hpp"

cohort::Result<int> parse() { return 1; }

int control() { return parse() ? 1 : 0; }

#ifdef DROPPED
void dropped() { parse(); }
#endif
#ifdef TAKEN
int taken() { return parse(); }
#endif
