// Package control is the control address of a running cluster: its HTTP API, the page, the metrics, the pass-through
// to the leaders, and the client that the commands use. It carries types of package cluster.
//
// [On] gives a cluster a control address; [Client] speaks to one.
package control
