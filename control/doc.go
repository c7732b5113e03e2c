// Package control is the control address of a running cluster: its HTTP API, the page, the metrics, the pass-through
// to the leaders, and the client that the commands use. It carries types of package cluster.
//
// [On] gives a cluster a control address; [Client] speaks to one. Requests that change something are POSTs with a JSON
// body; whatever is not loopback needs a token. A list is read page by page: [Client.Segments], for example, takes a
// [cluster.Page] and returns with what key the next one begins. Errors are [AnswerError] when the cluster answered, and
// have [ErrNoAnswer] in their chain when nobody did.
package control
