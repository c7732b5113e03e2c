package zkembed

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
	"testing"

	"oakmoot/internal/zk/zkwire"
)

// gaps are the codes of zkwire that are neither a request nor a part of one.
var gaps = map[string]string{
	"OpNotification":  "the server sends it",
	"OpError":         "it stands for a result in the answer to a multi",
	"OpCreateSession": "a connect request has no code; it names the transaction",
}

// wireOps are the constants of zkwire by their names.
func wireOps(t *testing.T) map[string]zkwire.Op {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../internal/zk/zkwire/op.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]zkwire.Op{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && len(spec.Names) == 1 && spec.Type != nil && types.ExprString(spec.Type) == "Op" {
			value, err := strconv.Atoi(types.ExprString(spec.Values[0]))
			if err != nil {
				t.Errorf("%s: %v", spec.Names[0].Name, err)
			}
			named[spec.Names[0].Name] = zkwire.Op(value)
		}
		return true
	})
	return named
}

func TestEveryOperationHasARowOrIsAGap(t *testing.T) {
	named := wireOps(t)
	if len(named) != len(zkwire.Ops) {
		t.Errorf("%d constants, %d names", len(named), len(zkwire.Ops))
	}
	for name, code := range named {
		if _, gap := gaps[name]; gap == (ops[code] != nil) {
			t.Errorf("%s: has a row %t, is a gap %t", name, ops[code] != nil, gap)
		}
	}
	for name := range gaps {
		if _, ok := named[name]; !ok {
			t.Errorf("gap %s: zkwire has no such operation", name)
		}
	}
}

func TestEveryRowIsComplete(t *testing.T) {
	for code, row := range ops {
		switch {
		case strings.HasPrefix(code.String(), "op "):
			t.Errorf("%s: has no name", code)
		case row.cons == "":
			t.Errorf("%s: has no name in cons", code)
		case row.serve == nil && row.part == nil:
			t.Errorf("%s: is neither a request nor a part of one", code)
		case row.paths == nil:
			t.Errorf("%s: does not say of which paths it speaks", code)
		case row.prepare != nil && !row.refused:
			t.Errorf("%s: changes something, and a read-only endpoint lets it through", code)
		}
	}
}

// partsBody is a request of parts.
func partsBody(parts ...any) []byte {
	var e zkwire.Encoder
	for i := 0; i < len(parts); i += 2 {
		(&zkwire.MultiHeader{Op: parts[i].(zkwire.Op), Code: -1}).Encode(&e)
		parts[i+1].(zkwire.Record).Encode(&e)
	}
	zkwire.MultiEnd.Encode(&e)
	return e.Buf
}

func TestPathsOfARequest(t *testing.T) {
	multi := partsBody(zkwire.OpCreate, &zkwire.CreateRequest{Path: "/a", Data: []byte("x"), ACL: zkwire.OpenACL},
		zkwire.OpDelete, &zkwire.VersionRequest{Path: "/b", Version: -1}, zkwire.OpSetData, &zkwire.SetDataRequest{Path: "/c", Data: []byte("x")})
	for name, tt := range map[string]struct {
		op   zkwire.Op
		body []byte
		want []string
	}{
		"getData":     {zkwire.OpGetData, encoded(&zkwire.ReadRequest{Path: "/x"}), []string{"/x"}},
		"multi":       {zkwire.OpMulti, multi, []string{"/a", "/b", "/c"}},
		"multi, torn": {zkwire.OpMulti, multi[:60], []string{"/a"}},
		"ping":        {zkwire.OpPing, nil, nil},
		"setWatches":  {zkwire.OpSetWatches, encoded(&zkwire.SetWatchesRequest{Data: []string{"/x"}}), nil},
		"torn":        {zkwire.OpCreate, []byte{0, 0}, nil},
		"unknown":     {zkwire.Op(77), encoded(&zkwire.ReadRequest{Path: "/x"}), nil},
	} {
		if got := ops[tt.op].pathsIn(tt.body); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// FuzzPathsOfRequests looks for paths in any bytes.
func FuzzPathsOfRequests(f *testing.F) {
	f.Add(encoded(&zkwire.ReadRequest{Path: "/x"}))
	f.Add(partsBody(zkwire.OpDelete, &zkwire.VersionRequest{Path: "/b", Version: -1}))
	f.Add([]byte{0x7f, 0xff, 0xff, 0xff})
	f.Fuzz(func(_ *testing.T, body []byte) {
		for _, row := range ops {
			row.pathsIn(body)
		}
	})
}
