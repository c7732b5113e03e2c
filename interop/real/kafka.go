//go:build interop

package real

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"time"
)

// KafkaVersion is the version of Apache Kafka that is fetched: the last line that keeps its metadata in ZooKeeper.
const KafkaVersion = "3.9.1"

// Kafka fetches Apache Kafka, unless it is in the cache.
func (k *Kit) Kafka(ctx context.Context) (*Kafka, error) {
	s, err := k.software(ctx, "Kafka",
		artifact{group: "org.apache.kafka", name: "kafka_2.13", version: KafkaVersion},
		artifact{group: "org.slf4j", name: "slf4j-simple", version: "1.7.36"},
	)
	return &Kafka{s}, err
}

// Kafka is a fetched Apache Kafka.
type Kafka struct{ *Software }

// Broker starts a broker that registers in ZooKeeper. It does not wait until it is up: Up does.
func (k *Kafka) Broker(dir string, id int, zookeeper string, session time.Duration) (*Process, error) {
	port, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	properties := filepath.Join(dir, "server.properties")
	if err := writeFile(properties, propertyFile(map[string]string{
		"broker.id":                        fmt.Sprint(id),
		"listeners":                        "PLAINTEXT://" + loopback(port),
		"zookeeper.connect":                zookeeper,
		"zookeeper.session.timeout.ms":     fmt.Sprint(session.Milliseconds()),
		"log.dirs":                         filepath.Join(dir, "data"),
		"log.cleaner.enable":               "false",
		"offsets.topic.replication.factor": "1",
		"num.io.threads":                   "2",
		"num.network.threads":              "1",
	})); err != nil {
		return nil, err
	}
	p, err := k.launch(fmt.Sprintf("broker-%d", id), dir, "192m", dir, "kafka.Kafka", properties)
	if err != nil {
		return nil, err
	}
	p.Host, p.up = loopback(port), p.listening
	return p, nil
}

// listening asks whether anybody listens at the process's address.
func (p *Process) listening(ctx context.Context) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", p.Host)
	if err != nil {
		return err
	}
	return c.Close()
}
