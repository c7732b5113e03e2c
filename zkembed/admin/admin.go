// Package admin serves a ZooKeeper server's view of itself over HTTP: the commands of
// Apache's AdminServer as JSON under /commands, and Prometheus metrics under ZooKeeper's own
// names at /metrics. It starts no goroutines, and asks the server at each request.
package admin

import (
	"fmt"
	"net/http"
	"slices"

	"oakmoot/zkembed"
)

// Config says what is served.
type Config struct {
	Server *zkembed.Server
	// InitialConfiguration is the text of the zoo.cfg that the server was started
	// with, "" without one.
	InitialConfiguration string
}

// Handler serves /commands and /metrics: JettyAdminServer and
// PrometheusMetricsProvider at one address.
func Handler(cfg Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /commands", listCommands)
	mux.HandleFunc("GET /commands/{$}", listCommands)
	mux.Handle("GET /commands/{name}", &asker{cfg})
	mux.Handle("POST /commands/restore", &asker{cfg})
	mux.Handle("GET /metrics", MetricsHandler(cfg.Server))
	return mux
}

// listCommands links the commands, in the order of their names.
func listCommands(w http.ResponseWriter, _ *http.Request) {
	for _, c := range commands {
		fmt.Fprintf(w, "<a href=\"/commands/%s\">%s</a>\n<br/>\n", c.name, c.name) // if it fails, the client has gone
	}
}

// asker answers one command.
type asker struct{ cfg Config }

// ServeHTTP implements http.Handler.
func (a *asker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if r.Method == http.MethodPost {
		name = "restore"
	}
	c := find(name)
	if c == nil {
		write(w, http.StatusOK, object{{"command", name}, {"error", "Unknown command: " + name}})
		return
	}
	if c.guarded {
		refuse(w, r, c.name)
		return
	}
	fields, err := c.answer(&query{a.cfg, r})
	switch {
	case err == errStopped:
		write(w, http.StatusOK, object{{"command", c.name}, {"error", notServing}})
	case err != nil: // Apache's server orders the fields differently when a command fails
		write(w, http.StatusOK, object{{"error", err.Error()}, {"command", c.name}})
	default:
		write(w, http.StatusOK, append(fields, object{{"command", c.name}, {"error", nil}}...))
	}
}

// refuse answers the commands that need all permissions on "/" and change files, which is
// not done here.
func refuse(w http.ResponseWriter, r *http.Request, name string) {
	if r.Header.Get("Authorization") == "" {
		write(w, http.StatusUnauthorized, object{{"command", name}, {"error", "Auth info is missing for the command"}})
		return
	}
	write(w, http.StatusServiceUnavailable, object{{"command", name}, {"error", nil}})
}

func write(w http.ResponseWriter, code int, body object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = body.pretty(w) // if it fails, the client has gone
}

// find is a command by its name or an alias, nil without one.
func find(name string) *command {
	for i, c := range commands {
		if c.name == name || slices.Contains(c.aliases, name) {
			return &commands[i]
		}
	}
	return nil
}
