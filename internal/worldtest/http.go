package worldtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Get is Call without a body.
func (w *World) Get(url string) (code int, answer string) {
	w.T.Helper()
	return w.Call(http.MethodGet, url, "")
}

// Call sends a request whose X-Druid-Author is someone. The url has no scheme; the answer
// is the body, or where it redirects to.
func (w *World) Call(method, url, body string) (code int, answer string) {
	w.T.Helper()
	req, err := http.NewRequestWithContext(w.T.Context(), method, "http://"+url, strings.NewReader(body))
	w.Must(err)
	req.Header.Set("X-Druid-Author", "someone")
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.Client.Do(req)
	if err != nil {
		w.T.Fatalf("%s %s: %v", method, url, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.T.Fatalf("%s %s: %v", method, url, err)
	}
	if location := resp.Header.Get("Location"); location != "" {
		return resp.StatusCode, location
	}
	return resp.StatusCode, string(text)
}

// RowsQuery asks for the sum of the metric "count", as "rows"; dataSource is JSON.
func RowsQuery(dataSource, interval string) string {
	return fmt.Sprintf(`{"queryType":"timeseries","dataSource":%s,"granularity":"all","intervals":[%q],
		"aggregations":[{"type":"longSum","name":"rows","fieldName":"count"}]}`, dataSource, interval)
}

// Rows is an address's answer to RowsQuery, 0 when there is nothing in the interval.
func (w *World) Rows(addr, dataSource, interval string) int {
	w.T.Helper()
	code, body := w.Call(http.MethodPost, addr+"/druid/v2", RowsQuery(dataSource, interval))
	var answer []struct{ Result struct{ Rows int } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != http.StatusOK || len(answer) > 1 {
		w.T.Fatalf("query: got %d %s, want one result", code, body)
	}
	if len(answer) == 0 {
		return 0
	}
	return answer[0].Result.Rows
}
