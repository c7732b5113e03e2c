// Package scenario is the one language of faults and expectations: selectors of
// nodes, actions such as "kill coordinator@leader for 20s", triggers, and
// conditions such as "served(flights) == used(flights)". The TOML file, the
// command line, the control address and Go programs all use it; a step of a topology
// may also spread an action over keys of its own, which is a Form.
//
// The package is pure. It parses and checks words and evaluates conditions over
// an Env; what an action does to a cluster is the cluster's business.
package scenario
