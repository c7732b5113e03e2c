package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// files are what is embedded, by the path inside of app.
func files(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := fs.WalkDir(app, "app", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		all[strings.TrimPrefix(name, "app/")], err = app.ReadFile(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPageIsSmall(t *testing.T) {
	const limit = 60 << 10
	var zipped bytes.Buffer
	for name, content := range files(t) {
		before := zipped.Len()
		w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(content) // into memory
		_ = w.Close()
		t.Logf("%6d of %7d  %s", zipped.Len()-before, len(content), name)
	}
	if zipped.Len() >= limit {
		t.Errorf("the page is %d bytes in gzip, want less than %d", zipped.Len(), limit)
	}
}

// The one file of others is kept as npm has it: htm 3.1.1, which holds preact, from htm/preact/standalone.module.js.
func TestVendoredFileIsAsPublished(t *testing.T) {
	const published = "72284e8e9079c87817145df1110f74e8a2aa040b2fc384922e18dfcb46fc1fd7"
	all := files(t)
	if sum := sha256.Sum256(all["vendor/htm-preact.js"]); hex.EncodeToString(sum[:]) != published {
		t.Errorf("vendor/htm-preact.js: sha256 %x, want %s", sum, published)
	}
	for name, words := range map[string]string{"vendor/LICENSE-htm.txt": "Apache License", "vendor/LICENSE-preact.txt": "The MIT License"} {
		if !strings.Contains(string(all[name]), words) {
			t.Errorf("%s does not say %q", name, words)
		}
	}
}

var imported = regexp.MustCompile(`(?m)^(?:import|export) [^;]*? from "([^"]+)"`)

// Nothing is loaded from elsewhere, and everything that is imported is there.
func TestPageWorksOffline(t *testing.T) {
	all := files(t)
	seen := 0
	for name, content := range all {
		if strings.HasPrefix(name, "vendor/") || strings.HasSuffix(name, ".svg") {
			continue
		}
		if at := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+\.[a-z]`).Find(content); at != nil {
			t.Errorf("%s names another site: %s", name, at)
		}
		for _, m := range imported.FindAllSubmatch(content, -1) {
			seen++
			if target := path.Join(path.Dir(name), string(m[1])); all[target] == nil {
				t.Errorf("%s imports %s, which is not there", name, target)
			}
		}
	}
	if seen < 20 {
		t.Errorf("found %d imports, want all of them", seen)
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="page/([^"]+)"`).FindAllSubmatch(all["index.html"], -1) {
		if all[string(m[1])] == nil {
			t.Errorf("index.html wants page/%s, which is not there", m[1])
		}
	}
}

func TestServe(t *testing.T) {
	for target, want := range map[string]struct {
		code int
		kind string
	}{
		"/":                            {200, "text/html; charset=utf-8"},
		"/page/app.js":                 {200, "text/javascript; charset=utf-8"},
		"/page/page.css":               {200, "text/css; charset=utf-8"},
		"/page/icon.svg":               {200, "image/svg+xml"},
		"/page/vendor/LICENSE-htm.txt": {200, "text/plain; charset=utf-8"},
		"/page/nothing.js":             {404, "text/plain; charset=utf-8"},
		"/page/":                       {404, "text/plain; charset=utf-8"},
		"/page/../page.go":             {404, "text/plain; charset=utf-8"},
	} {
		w := httptest.NewRecorder()
		Serve(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code != want.code || w.Header().Get("Content-Type") != want.kind {
			t.Errorf("%s: got %d %s, want %d %s", target, w.Code, w.Header().Get("Content-Type"), want.code, want.kind)
		}
		if policy := w.Header().Get("Content-Security-Policy"); w.Code == 200 && (!strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe")) {
			t.Errorf("%s: policy %q", target, policy)
		}
	}
}

func TestServeSaysWhenNothingHasChanged(t *testing.T) {
	first := httptest.NewRecorder()
	Serve(first, httptest.NewRequest(http.MethodGet, "/page/app.js", nil))
	again := httptest.NewRequest(http.MethodGet, "/page/app.js", nil)
	again.Header.Set("If-None-Match", first.Header().Get("ETag"))
	second := httptest.NewRecorder()
	Serve(second, again)
	if second.Code != http.StatusNotModified || second.Body.Len() != 0 {
		t.Errorf("got %d with %d bytes, want %d with none", second.Code, second.Body.Len(), http.StatusNotModified)
	}
}
