//go:build interop

package real

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// SolrVersion is the version of Apache Solr that is fetched: the last line whose node can be started from what is in the
// repository alone.
const SolrVersion = "8.11.4"

// Solr is a fetched Apache Solr, with its configuration.
type Solr struct {
	*Software
	conf      string // the directory of log4j2.xml
	zookeeper string
	session   time.Duration
}

// SolrConfig is the name of the configuration that collections can have.
const SolrConfig = "small"

// Solr fetches Apache Solr, unless it is in the cache, and writes a configuration under dir.
func (k *Kit) Solr(ctx context.Context, dir, zookeeper string, session time.Duration) (*Solr, error) {
	s, err := k.software(ctx, "Solr", artifact{group: "org.apache.solr", name: "solr-core", version: SolrVersion})
	if err != nil {
		return nil, err
	}
	set := filepath.Join(dir, "set")
	s.properties = []string{"-Dbootstrap_confdir=" + set, "-Dcollection.configName=" + SolrConfig}
	for file, text := range map[string]string{
		filepath.Join(dir, "log4j2.xml"):     log4jConfig,
		filepath.Join(set, "solrconfig.xml"): fmt.Sprintf(solrConfig, SolrVersion),
		filepath.Join(set, "schema.xml"):     solrSchema,
	} {
		if err := writeFile(file, text); err != nil {
			return nil, err
		}
	}
	return &Solr{s, dir, zookeeper, session}, nil
}

// Node starts a node. It does not wait until it is up: Up does.
func (s *Solr) Node(dir string) (*Process, error) {
	port, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	home := filepath.Join(dir, "home")
	if err := writeFile(filepath.Join(home, "solr.xml"), fmt.Sprintf(solrXML, port, s.session.Milliseconds())); err != nil {
		return nil, err
	}
	p, err := s.program("Solr", dir, "256m", s.conf, home, fmt.Sprint(port), s.zookeeper)
	if err != nil {
		return nil, err
	}
	p.Host, p.up = loopback(port), func(ctx context.Context) error { return p.answers(ctx, "/solr/admin/info/system") }
	return p, nil
}

const (
	solrXML = `<solr><solrcloud>
<str name="host">127.0.0.1</str><int name="hostPort">%d</int><str name="hostContext">solr</str>
<int name="zkClientTimeout">%d</int><bool name="genericCoreNodeNames">true</bool>
</solrcloud></solr>
`
	solrConfig = `<config><luceneMatchVersion>%s</luceneMatchVersion>
<schemaFactory class="ClassicIndexSchemaFactory"/>
<updateHandler class="solr.DirectUpdateHandler2"><updateLog/></updateHandler>
<requestHandler name="/select" class="solr.SearchHandler"/>
</config>
`
	solrSchema = `<schema name="small" version="1.6">
<fieldType name="string" class="solr.StrField"/><fieldType name="long" class="solr.LongPointField" docValues="true"/>
<field name="id" type="string" indexed="true" stored="true" required="true"/>
<field name="_version_" type="long" indexed="false" stored="false" docValues="true"/>
<uniqueKey>id</uniqueKey>
</schema>
`
)
