// Ids of different things are not interchangeable, and a bare number is none of them.
// must fail OTHER_ID: ClientTag
// must fail BARE_NUMBER: ClientTag
// must fail COMPARED: NodeTag

#include "core/ids.hpp"

using cohort::ClientId;
using cohort::NodeId;

ClientId same(ClientId id) { return id; }

bool control() { return same(ClientId(1)) == ClientId(1); }

#ifdef OTHER_ID
auto other_id() { return same(NodeId(1)); }
#endif
#ifdef BARE_NUMBER
auto bare_number() { return same(1); }
#endif
#ifdef COMPARED
auto compared() { return ClientId(1) == NodeId(1); }
#endif
