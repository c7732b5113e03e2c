//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"oakmoot/interop/real"
)

func TestKafkaLivesOnOurs(t *testing.T) {
	o := newTenants(t)
	kafka, err := o.kit.Kafka(t.Context())
	if err != nil {
		unavailable(t, err)
	}
	brokers := []*real.Process{}
	for id := range 2 {
		brokers = append(brokers, moved(t)(kafka.Broker(o.at(fmt.Sprintf("broker-%d", id)), id, o.door.addr()+"/kafka", tenantSession)))
	}
	up(t, brokers...)
	for id := range brokers {
		o.awaitNode(t, fmt.Sprintf("/kafka/brokers/ids/%d", id), func(data string) bool { return data != "" })
	}
	say := func(name, text string) string {
		p := moved(t)(kafka.Program("Messages", o.at(name), "", brokers[0].Host+","+brokers[1].Host, "t", text))
		return strings.Join(heard(ran(t, p)), ", ")
	}
	if got := say("before", "one"); got != "one" {
		t.Fatalf("got messages %q, want one", got)
	}
	first := controller(t, o.awaitNode(t, "/kafka/controller", func(data string) bool { return data != "" }))
	epoch := o.data(t, "/kafka/controller_epoch")

	killed := time.Now()
	brokers[first].Kill()
	o.awaitNode(t, "/kafka/controller", func(data string) bool { return data != "" && controller(t, data) == 1-first })
	took := time.Since(killed)
	o.awaitNode(t, "/kafka/controller_epoch", func(data string) bool { return data > epoch })
	if got := say("after", "two"); got != "one, two" {
		t.Fatalf("got messages %q, want one, two", got)
	}
	o.tell(t, "Kafka "+real.KafkaVersion, "two brokers; a topic with two replicas", "the broker that is the controller: the other is elected, and the topic goes on", took)
}

// controller is the broker that a /controller names.
func controller(t *testing.T, data string) int {
	t.Helper()
	var named struct{ BrokerID int }
	if err := json.Unmarshal([]byte(data), &named); err != nil {
		t.Fatalf("/controller holds %q: %v", data, err)
	}
	return named.BrokerID
}

// heard are the messages in the output of Messages.
func heard(log string) (texts []string) {
	for line := range strings.Lines(log) {
		if text, ok := strings.CutPrefix(line, "message: "); ok {
			texts = append(texts, strings.TrimSpace(text))
		}
	}
	return texts
}
