package zkembed

import (
	"testing"

	"oakmoot/internal/zk/zkwire"
)

func TestEveryClientRequestHasAHandler(t *testing.T) {
	for _, info := range zkwire.Ops {
		if _, ok := ops[info.Op]; ok != info.Client {
			t.Errorf("%s: has a handler %v, a client may send it %v", info.Name, ok, info.Client)
		}
	}
}
