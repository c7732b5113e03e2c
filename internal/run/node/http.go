package node

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/webguard"
)

// Serve answers HTTP at the process's own address until ctx ends: the handler's paths, and Druid's StatusResource. It
// refuses what a page of another site sends.
func Serve(ctx context.Context, env Env, h http.Handler) error {
	ln, err := env.Listen(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return ServeOn(ctx, ln, env, h)
}

// ServeOn is Serve on an existing listener, which it closes at the end.
func ServeOn(ctx context.Context, ln net.Listener, env Env, h http.Handler) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", status(env.Release.Version()))
	mux.HandleFunc("GET /status/health", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, http.StatusOK, true) })
	mux.HandleFunc("GET /status/properties", func(w http.ResponseWriter, _ *http.Request) {
		WriteJSON(w, http.StatusOK, env.Props.shown())
	})
	srv := &http.Server{
		Handler:           ownPagesOnly(webguard.Guard{Listener: ln.Addr(), Host: env.Self.Host}, env.Log, beside(Resources(mux), h)),
		ReadHeaderTimeout: 30 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          env.Log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ln) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	limited, cancel := loop.Goodbye(ctx, loop.GoodbyeHTTP)
	defer cancel()
	if srv.Shutdown(limited) != nil {
		_ = srv.Close() // cuts off whatever is still in progress after the limit
	}
	<-ended
	return nil
}

// ownPagesOnly refuses what a page of another site makes a browser send. Druid 0.14.0 serves such requests, and so
// anyone who gets a page opened near a cluster; its own processes never send them.
func ownPagesOnly(own webguard.Guard, log hclog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := own.Check(r); err != nil {
			log.Debug("request refused", "method", r.Method, "path", r.URL.Path, "error", err)
			WriteError(w, http.StatusForbidden, err.Error())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// beside answers /status and everything below it, and has h answer the rest, whose paths are not cleaned.
func beside(status, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path+"/", "/status/") {
			status.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func status(version string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		WriteJSON(w, http.StatusOK, struct {
			Version string           `json:"version"`
			Modules []struct{}       `json:"modules"`
			Memory  map[string]int64 `json:"memory"`
		}{version, []struct{}{}, map[string]int64{
			"maxMemory": int64(m.Sys), "totalMemory": int64(m.HeapSys), "freeMemory": int64(m.HeapSys - m.HeapInuse),
			"usedMemory": int64(m.HeapInuse), "directMemory": 0,
		}})
	}
}

// WriteJSON answers with a value as Druid writes it.
func WriteJSON(w http.ResponseWriter, code int, v any) {
	b, err := druid.Marshal(v)
	if err != nil {
		code, b = http.StatusInternalServerError, []byte(`{"error":"answer cannot be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(b) // the caller has gone away
}

// WriteError answers with Druid's error object.
func WriteError(w http.ResponseWriter, code int, message string) {
	WriteJSON(w, code, map[string]string{"error": message})
}

// Present reports whether a query parameter is present, whatever its value: Druid's ?full and ?simple.
func Present(r *http.Request, name string) bool {
	_, ok := r.URL.Query()[name]
	return ok
}
