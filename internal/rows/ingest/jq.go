package ingest

import (
	"context"
	"maps"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/itchyny/gojq"
)

// jqTimeout is how long a program may run on one document.
const jqTimeout = 2 * time.Second

// Classes of exceptions that jackson-jq throws.
const (
	runtimeException   = "java.lang.RuntimeException"
	jsonQueryException = "net.thisptr.jackson.jq.exception.JsonQueryException"
)

// newJQ compiles a jq program, of which the first result is taken. It may call what
// jackson-jq 0.0.7 has, which is less than jq has; Druid finds out when it runs.
func newJQ(name, program string) (extractor, error) {
	fail := func(err error) (extractor, error) {
		return nil, exception(runtimeException, "%s: flattenSpec: field %q: %q: %v", jsonQueryException, name, program, err)
	}
	query, err := gojq.Parse(program)
	if err != nil {
		return fail(err)
	}
	if err := checkJQ(query); err != nil {
		return fail(err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return fail(err)
	}
	whole := computes(query)
	return func(doc any) (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), jqTimeout)
		defer cancel()
		known := objects{}
		v, ok := code.RunWithContext(ctx, known.toJQ(doc)).Next()
		switch err, isErr := v.(error); {
		case !ok:
			return nil, exception("java.lang.IndexOutOfBoundsException", "Index: 0: jq program %q returns nothing", program)
		case isErr:
			return nil, exception(runtimeException, "%s: %q: %v", jsonQueryException, program, err)
		}
		return known.fromJQ(v, whole), nil
	}, nil
}

// objects finds a document's objects by gojq's maps for them, which have no order.
type objects map[uintptr]*Object

// toJQ converts a document for gojq.
func (o objects) toJQ(v any) any {
	switch v := v.(type) {
	case int64:
		if n := int(v); int64(n) == v {
			return n
		}
		return big.NewInt(v)
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = o.toJQ(element)
		}
		return list
	case *Object:
		m := make(map[string]any, len(v.keys))
		for _, k := range v.keys {
			m[k] = o.toJQ(v.values[k])
		}
		o[reflect.ValueOf(m).Pointer()] = v
		return m
	}
	return v
}

// fromJQ converts a result back. Arithmetic yields whole numbers as integers, and an
// object made by the program has its keys in order of name.
func (o objects) fromJQ(v any, whole bool) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f
	case float64:
		if whole && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = o.fromJQ(element, whole)
		}
		return list
	case map[string]any:
		if original, ok := o[reflect.ValueOf(v).Pointer()]; ok {
			return original
		}
		made := newObject()
		for _, k := range slices.Sorted(maps.Keys(v)) {
			made.put(k, o.fromJQ(v[k], whole))
		}
		return made
	}
	return v
}

// jqFunctions are the functions of jackson-jq 0.0.7 that mean the same here, by name
// and number of arguments.
var jqFunctions = func() map[string]bool {
	all := map[string]bool{}
	for f := range strings.FieldsSeq(`type/0 not/0 length/0 utf8bytelength/0 keys/0 has/1 del/1 to_entries/0 from_entries/0 with_entries/1
		contains/1 inside/1 startswith/1 endswith/1 ltrimstr/1 rtrimstr/1 explode/0 implode/0 split/1 split/2 tojson/0 fromjson/0
		tostring/0 tonumber/0 indices/1 index/1 rindex/1 empty/0 error/1 range/1 range/2 range/3 sort/0 sort_by/1 group_by/1 min/0 max/0
		min_by/1 max_by/1 unique/0 unique_by/1 reverse/0 infinite/0 nan/0 isinfinite/0 isnan/0 pow/2 atan/0
		cos/0 floor/0 log2/0 sin/0 sqrt/0 arrays/0 booleans/0 nulls/0 objects/0 numbers/0 strings/0 values/0 iterables/0 scalars/0 add/0
		select/1 map/1 map_values/1 recurse/0 recurse/1 recurse/2 first/0 first/1 last/0 last/1 nth/1 nth/2 limit/2 until/2 while/2
		any/0 any/1 any/2 all/0 all/1 all/2 flatten/0 flatten/1 join/1 match/1 match/2 test/1 test/2 capture/1 capture/2 scan/1 scan/2
		splits/1 splits/2 sub/2 sub/3 gsub/2 gsub/3 ascii_downcase/0 ascii_upcase/0 transpose/0 walk/1 in/1 combinations/0 combinations/1`) {
		all[f] = true
	}
	return all
}()
