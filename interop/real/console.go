//go:build interop

package real

import (
	"archive/zip"
	"io/fs"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
)

// Console serves the pages of Druid's consoles out of its jar, and passes everything else on to an address, as a router
// whose management proxy is enabled does.
func (d *Druid) Console(to string) (http.Handler, error) {
	jar, err := zip.OpenReader(filepath.Join(d.dir, "lib", "druid-console-"+d.Version+".jar")) // open for as long as the process runs
	if err != nil {
		return nil, err
	}
	pages, err := fs.Sub(jar, "org/apache/druid/console")
	if err != nil {
		return nil, err
	}
	static := http.FileServerFS(pages)
	proxy := &httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) {
		pr.SetURL(&url.URL{Scheme: "http", Host: to})
		for _, header := range []string{"Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} {
			pr.Out.Header.Del(header) // they name this address
		}
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(r.URL.Path, "/")
		if _, err := fs.Stat(pages, name); err == nil || name == "" {
			static.ServeHTTP(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}), nil
}
