//go:build interop

package interop

import (
	"context"
	"fmt"
	"html"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oakmoot/cluster"
	"oakmoot/control"
	"oakmoot/interop/real"
)

// consolePage is a row of docs/druid-console.md.
type consolePage struct {
	path  string
	shows []string // texts
}

// opens is how often a page is opened until it shows what it should.
const opens = 4

var (
	consoleRow = regexp.MustCompile("(?m)^\\| `(/[^`]*)` \\| (yes|in part|no) \\| (.*) \\|$")
	quoted     = regexp.MustCompile("`([^`]+)`")
	tag        = regexp.MustCompile(`(?s)<script.*?</script>|<style.*?</style>|<[^>]*>`)
	blanks     = regexp.MustCompile(`\s+`)
)

// TestDruidsConsolesShowOurCluster opens each page of Druid's consoles in Chromium, and looks for what
// docs/druid-console.md says that it shows.
func TestDruidsConsolesShowOurCluster(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		unavailable(t, fmt.Errorf("chromium %w: %w", real.ErrMissing, err))
	}
	kit, err := real.Open(t.Context())
	if err != nil {
		unavailable(t, err)
	}
	druid, err := kit.Druid(t.Context(), real.Druid014)
	if err != nil {
		unavailable(t, err)
	}
	c := cluster.RunT(t, cluster.Quickstart(), control.On("127.0.0.1:0", ""))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.WaitFor(ctx, "served(flights) == 3 and replicas(flights) == 6 and served(flights-live) > 0 and tasks(SUCCESS) == 1 and tasks(*) == 1"); err != nil {
		t.Fatal(err)
	}
	console, err := druid.Console(c.Addresses().Control)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(console)
	t.Cleanup(server.Close)
	for _, page := range consolePages(t) {
		t.Run(page.path, func(t *testing.T) {
			var text string
			for range opens { // a page is taken as it is when its time is over, and some ask one thing after another
				text = opened(t, chromium, server.URL+page.path)
				if !slices.ContainsFunc(page.shows, func(want string) bool { return !strings.Contains(text, want) }) {
					return
				}
			}
			t.Errorf("got %s\nwant %q in it", text, page.shows)
		})
	}
}

func consolePages(t *testing.T) (pages []consolePage) {
	t.Helper()
	doc, err := os.ReadFile("../docs/druid-console.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range consoleRow.FindAllStringSubmatch(string(doc), -1) {
		page := consolePage{path: row[1]}
		for _, text := range quoted.FindAllStringSubmatch(row[3], -1) {
			page.shows = append(page.shows, text[1])
		}
		pages = append(pages, page)
	}
	if len(pages) == 0 {
		t.Fatal("docs/druid-console.md has no rows of pages")
	}
	return pages
}

// opened is the text of a page once it has settled. Fields of forms are not text: their names and options are.
func opened(t *testing.T, chromium, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--virtual-time-budget=10000", "--dump-dom", url)
	dom, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return blanks.ReplaceAllString(html.UnescapeString(tag.ReplaceAllString(string(dom), "")), " ")
}
