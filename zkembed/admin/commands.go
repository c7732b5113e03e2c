package admin

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"oakmoot/zkembed"
)

// query is a command that is asked.
type query struct {
	Config
	request *http.Request
}

func (q *query) ctx() context.Context { return q.request.Context() }

// command is one of AdminServer's: Commands.
type command struct {
	name    string
	aliases []string
	answer  func(*query) (object, error)
	guarded bool // needs an Authorization, and is not carried out here
}

// Errors of commands, which are also their answers.
var (
	errStopped        = errors.New("not serving")
	errNotInitialized = errors.New("server is not initialized")
	errTraceMask      = errors.New("setTraceMask requires long traceMask argument")
)

// notServing is the answer to every command while the server is not running.
const notServing = "This ZooKeeper instance is not currently serving requests"

// commands are in the order of their names.
var commands = []command{
	{name: "configuration", aliases: []string{"conf", "config"}, answer: configuration},
	{name: "connection_stat_reset", aliases: []string{"crst"}, answer: resets("crst")},
	{name: "connections", aliases: []string{"cons"}, answer: connections},
	{name: "dirs", answer: dirs},
	{name: "dump", answer: dump},
	{name: "environment", aliases: []string{"env", "envi"}, answer: environment},
	{name: "get_trace_mask", aliases: []string{"gtmk"}, answer: getTraceMask},
	{name: "hash", answer: constant(object{{"digests", []any{}}})}, // no digests are kept
	{name: "initial_configuration", aliases: []string{"icfg"}, answer: initialConfiguration},
	{name: "is_read_only", aliases: []string{"isro"}, answer: isReadOnly},
	{name: "last_snapshot", aliases: []string{"lsnp"}, answer: lastSnapshot},
	{name: "leader", aliases: []string{"lead"}, answer: func(*query) (object, error) { return nil, errNotInitialized }},
	{name: "monitor", aliases: []string{"mntr"}, answer: monitor},
	{name: "observer_connection_stat_reset", aliases: []string{"orst"}, answer: constant(nil)},
	{name: "observers", aliases: []string{"obsr"}, answer: constant(object{{"synced_observers", 0}, {"observers", []any{}}})},
	{name: "restore", aliases: []string{"rest"}, guarded: true},
	{name: "ruok", answer: ruok},
	{name: "server_stats", aliases: []string{"srvr"}, answer: serverStats},
	{name: "set_trace_mask", aliases: []string{"stmk"}, answer: setTraceMask},
	{name: "snapshot", aliases: []string{"snap"}, guarded: true},
	{name: "stat_reset", aliases: []string{"srst"}, answer: resets("srst")},
	{name: "stats", aliases: []string{"stat"}, answer: stats},
	{name: "system_properties", aliases: []string{"sysp"}, answer: constant(nil)}, // there is no JVM
	{name: "voting_view", answer: constant(object{{"current_config", object{}}})},
	{name: "watch_summary", aliases: []string{"wchs"}, answer: watchSummary},
	{name: "watches", aliases: []string{"wchc"}, answer: watches},
	{name: "watches_by_path", aliases: []string{"wchp"}, answer: watchesByPath},
	{name: "zabstate", answer: constant(object{{"voting", false}, {"zabstate", ""}})},
}

// constant always gives the same answer.
func constant(fields object) func(*query) (object, error) {
	return func(*query) (object, error) { return fields, nil }
}

// word asks a four-letter word.
func (q *query) word(name string, argument []byte) (string, error) {
	text, err := q.Server.Word(q.ctx(), name, argument)
	return text, unlessRunning(err)
}

// unlessRunning puts the error of a server that is not running into Apache's words.
func unlessRunning(err error) error {
	if errors.Is(err, zkembed.ErrNotRunning) {
		return errStopped
	}
	return err
}

func resets(name string) func(*query) (object, error) {
	return func(q *query) (object, error) {
		_, err := q.word(name, nil)
		return nil, err
	}
}

func ruok(q *query) (object, error) {
	_, err := q.word("ruok", nil)
	return nil, err
}

func configuration(q *query) (object, error) {
	o := q.Server.Options()
	return object{
		{"client_port", portOf(q.Server.Addrs()[0])}, {"data_dir", o.DataDir}, {"data_log_dir", o.DataDir},
		{"tick_time", o.Tick.Milliseconds()}, {"max_client_cnxns", o.MaxConnections},
		{"min_session_timeout", o.MinSessionTimeout.Milliseconds()}, {"max_session_timeout", o.MaxSessionTimeout.Milliseconds()},
		{"server_id", 0}, {"client_port_listen_backlog", -1},
	}, nil
}

func portOf(addr string) int {
	_, text, _ := net.SplitHostPort(addr) // "" has no port
	port, _ := strconv.Atoi(text)         // likewise
	return port
}

func dirs(q *query) (object, error) {
	text, err := q.word("dirs", nil)
	return keyed(text, ": ", func(value string) any { n, _ := strconv.ParseInt(value, 10, 64); return n }), err
}

// environment has no properties of a JVM.
func environment(q *query) (object, error) {
	text, err := q.word("envi", nil)
	_, text, _ = strings.Cut(text, "\n") // the title
	return keyed(text, "=", func(value string) any { return value }), err
}

// keyed reads lines of keys and values.
func keyed(text, separator string, read func(string) any) object {
	var fields object
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), separator); ok {
			fields = append(fields, field{key, read(value)})
		}
	}
	return fields
}

func getTraceMask(q *query) (object, error) {
	text, err := q.word("gtmk", nil)
	mask, _ := strconv.ParseInt(text, 10, 64) // "" comes with an error
	return object{{"tracemask", mask}}, err
}

func setTraceMask(q *query) (object, error) {
	mask, err := strconv.ParseInt(q.request.FormValue("traceMask"), 10, 64)
	if err != nil {
		return nil, errTraceMask
	}
	_, err = q.word("stmk", binary.BigEndian.AppendUint64(nil, uint64(mask)))
	return object{{"tracemask", mask}}, err
}

func initialConfiguration(q *query) (object, error) {
	return object{{"initial_configuration", q.InitialConfiguration}}, nil
}

func isReadOnly(q *query) (object, error) {
	text, err := q.word("isro", nil)
	return object{{"read_only", text == "ro"}}, err
}

// lastSnapshot has -1 in both fields when there is none, as Apache's has.
func lastSnapshot(q *query) (object, error) {
	zxid, at, err := zkembed.LastSnapshot(q.Server.Options().DataDir)
	seconds := int64(-1)
	if !at.IsZero() {
		seconds = at.Unix()
	}
	return object{{"zxid", strconv.FormatUint(uint64(zxid), 16)}, {"timestamp", seconds}}, err
}

// stamp is a time in milliseconds, 0 for none.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
