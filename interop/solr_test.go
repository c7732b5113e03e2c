//go:build interop

package interop

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"oakmoot/interop/real"
)

func TestSolrLivesOnOurs(t *testing.T) {
	o := newTenants(t)
	solr, err := o.kit.Solr(t.Context(), o.at("solr"), o.door.addr(), tenantSession)
	if err != nil {
		unavailable(t, err)
	}
	first := moved(t)(solr.Node(o.at("node-1")))
	up(t, first)
	leads := func(p *real.Process) func(string) bool {
		return func(data string) bool { return strings.Contains(data, p.Host+"_solr") }
	}
	o.awaitNode(t, "/overseer_elect/leader", leads(first))
	second := moved(t)(solr.Node(o.at("node-2")))
	up(t, second)
	o.awaitChildren(t, "/live_nodes", 2)
	solrAnswers(t, second, "/solr/admin/collections", "action", "CREATE", "name", "before", "numShards", "1", "replicationFactor", "2", "collection.configName", real.SolrConfig)
	add, err := http.Post("http://"+first.Host+"/solr/before/update?commit=true", "application/json", strings.NewReader(`[{"id":"one"}]`))
	if err != nil || add.StatusCode != http.StatusOK {
		t.Fatalf("add a document: %v, %v", add, err)
	}
	add.Body.Close()

	killed := time.Now()
	first.Kill()
	o.awaitNode(t, "/overseer_elect/leader", leads(second))
	took := time.Since(killed)
	o.awaitChildren(t, "/live_nodes", 1)
	solrAnswers(t, second, "/solr/admin/collections", "action", "CREATE", "name", "after", "numShards", "1", "collection.configName", real.SolrConfig)
	if got := solrAnswers(t, second, "/solr/before/select", "q", "id:one"); !strings.Contains(got, `"numFound":1`) {
		t.Errorf("got %s, want the document", got)
	}
	o.tell(t, "Solr "+real.SolrVersion, "two nodes; a collection with two replicas", "the node that is the overseer: the other is elected, has the document and makes another collection", took)
}

// solrAnswers asks a node, and returns its answer of 200. The words are names and values of parameters.
func solrAnswers(t *testing.T, p *real.Process, path string, words ...string) string {
	t.Helper()
	params := url.Values{}
	for i := 0; i < len(words); i += 2 {
		params.Set(words[i], words[i+1])
	}
	client := http.Client{Timeout: patience}
	resp, err := client.Get("http://" + p.Host + path + "?" + params.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s of %s: %s: %s (%v)", path, p.Name, resp.Status, body, err)
	}
	return string(body)
}
