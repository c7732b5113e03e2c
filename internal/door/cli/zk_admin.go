package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"oakmoot/internal/run/webguard"
	"oakmoot/zkembed"
	"oakmoot/zkembed/admin"
)

// watching is what is served over HTTP beside the ZooKeeper server.
type watching struct {
	text    string // for the banner
	servers []served
	ended   sync.WaitGroup
}

type served struct {
	http *http.Server
	ln   net.Listener
}

// idleLimit is admin.idleTimeout: how long a connection may do nothing.
const idleLimit = 30 * time.Second

// watch opens the addresses of --admin and --metrics. Nothing is served until serve is called.
func (c *zkCommand) watch(srv *zkembed.Server) (*watching, error) {
	w := &watching{}
	var initial []byte
	if c.Config != "" {
		var err error
		if initial, err = os.ReadFile(c.Config); err != nil {
			return nil, err
		}
	}
	metrics := http.NewServeMux()
	metrics.Handle("GET /metrics", admin.MetricsHandler(srv))
	err := errors.Join(
		w.open(c.Admin, "admin at http://%s/commands", admin.Handler(admin.Config{Server: srv, InitialConfiguration: string(initial)})),
		w.open(c.Metrics, "metrics at http://%s/metrics", metrics),
	)
	if err != nil {
		w.end()
		return nil, &unavailable{err}
	}
	return w, nil
}

func (w *watching) open(addr, banner string, h http.Handler) error {
	if addr == "" {
		return nil
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	w.text += fmt.Sprintf(banner+"\n", ln.Addr())
	h = ownPagesOnly(ln.Addr(), h)
	w.servers = append(w.servers, served{&http.Server{Handler: h, ReadHeaderTimeout: idleLimit, IdleTimeout: idleLimit}, ln})
	return nil
}

// ownPagesOnly refuses what a page of another site has a browser request. Off loopback, monitoring may use any name
// for this server.
func ownPagesOnly(addr net.Addr, next http.Handler) http.Handler {
	tcp, ok := addr.(*net.TCPAddr)
	own := webguard.Guard{Listener: addr, AnyHost: ok && !tcp.IP.IsLoopback()}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := own.Check(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serve answers requests until end.
func (w *watching) serve() {
	for _, s := range w.servers {
		w.ended.Go(func() { _ = s.http.Serve(s.ln) }) // it ends with ErrServerClosed
	}
}

// end closes everything and waits for it; answers in progress get a moment.
func (w *watching) end() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, s := range w.servers {
		if s.http.Shutdown(ctx) != nil {
			_ = s.http.Close() // somebody has not read an answer
		}
		_ = s.ln.Close() // for one that was never served
	}
	w.ended.Wait()
}
