package jackson

import (
	"slices"
	"strings"
)

// Class is a Java class with a constructor that Jackson calls.
type Class struct {
	Name  string
	Props map[string]Type     // any others are ignored
	Check func(Object) string // why the constructor refuses; "" when it does not
}

// Null is Jackson's message for a NullPointerException and for a check without a
// message.
const Null = "null"

// Read reads the class.
func (c *Class) Read(v Value) *Refusal {
	if refused := c.shape(v); refused != nil || v.IsNull() {
		return refused
	}
	for _, m := range v.Members {
		if m.Value.Token == "" { // the text breaks off before the value
			return broken(m.Value.Broken)
		}
		read, known := c.Props[m.Key]
		if !known {
			read = Any
		}
		refused := read(m.Value)
		switch {
		case refused == nil:
		case !known: // skipped, so it belongs to no member
			return refused
		default:
			return refused.in(c.Name, m.Key)
		}
	}
	if v.Broken != nil {
		return broken(v.Broken)
	}
	if c.Check == nil {
		return nil
	}
	if why := c.Check(v.object()); why != "" {
		return c.failed(why)
	}
	return nil
}

func (c *Class) failed(why string) *Refusal {
	return refuse("Instantiation of [simple type, class %s] value failed: %s", c.Name, why)
}

// scalarCreators are how Jackson looks for a constructor that takes a scalar.
var scalarCreators = map[string]string{
	"VALUE_STRING":       "from String value ('%s'); no single-String constructor/factory method",
	"VALUE_NUMBER_INT":   "from Integral number (%s); no single-int-arg constructor/factory method",
	"VALUE_NUMBER_FLOAT": "from Floating-point number (%s); no one-double/Double-arg constructor/factory method",
	"VALUE_TRUE":         "from Boolean value (%s); no single-boolean/Boolean-arg constructor/factory method",
	"VALUE_FALSE":        "from Boolean value (%s); no single-boolean/Boolean-arg constructor/factory method",
}

// shape refuses anything but an object.
func (c *Class) shape(v Value) *Refusal {
	if how, isScalar := scalarCreators[v.Token]; isScalar {
		return refuse("Can not instantiate value of type [simple type, class %s] "+strings.ReplaceAll(how, "%s", "%[2]s"), c.Name, v.Text)
	}
	switch {
	case v.Token == "START_ARRAY":
		return refuse("Can not deserialize instance of %s out of START_ARRAY token", c.Name)
	case v.Token == "" && v.Broken != nil:
		return broken(v.Broken)
	}
	return nil
}

// Poly is a class with a subclass that a member names: @JsonTypeInfo with
// @JsonSubTypes.
type Poly struct {
	Base     string
	Property string // "type" if empty
	Types    map[string]Type
	Default  Type // for another type or none; nil if those are refused
	Concrete bool // Base is not a type by itself, only one of Types
}

// Read reads the class.
func (p *Poly) Read(v Value) *Refusal {
	property := p.Property
	if property == "" {
		property = "type"
	}
	switch {
	case v.IsNull():
		return nil
	case v.Token != "START_OBJECT" && p.Default != nil:
		return p.Default(v)
	case v.Token == "START_ARRAY":
		return p.array(v)
	case v.Token != "START_OBJECT":
		if v.Broken != nil {
			return broken(v.Broken)
		}
		return p.untyped(v.Token, property)
	}
	i := slices.IndexFunc(v.Members, func(m Member) bool { return m.Key == property })
	switch {
	case i < 0 && v.Broken != nil:
		return broken(v.Broken)
	case i < 0 && p.Default != nil:
		return p.Default(v)
	case i < 0:
		return p.untyped("END_OBJECT", property)
	}
	if v.Members[i].Value.Broken != nil {
		return broken(v.Members[i].Value.Broken)
	}
	id := v.Members[i].Value.Text
	read, known := p.Types[id]
	switch {
	case !known && p.Default != nil:
		read = p.Default
	case !known:
		return refuse("Could not resolve type id '%s' into a subtype of [simple type, class %s]: known type ids = [%s]", id, p.Base, strings.Join(p.ids(), ", "))
	}
	v.Members = slices.Delete(slices.Clone(v.Members), i, i+1)
	return read(v)
}

func (p *Poly) untyped(token, property string) *Refusal {
	return refuse("Unexpected token (%s), expected FIELD_NAME: missing property '%s' that is to contain type id  (for class %s)", token, property, p.Base)
}

// array refuses a type id in an array, which Jackson would accept ahead of the value.
func (p *Poly) array(v Value) *Refusal {
	first := "END_ARRAY"
	if len(v.Elements) > 0 {
		first = v.Elements[0].Token
	}
	return refuse("Unexpected token (%s), expected VALUE_STRING: need JSON String that contains type id (for subtype of %s)", first, p.Base)
}

func (p *Poly) ids() []string {
	var ids []string
	if !p.Concrete {
		ids = append(ids, p.Base[strings.LastIndexByte(p.Base, '.')+1:])
	}
	for id := range p.Types {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Wrong is a subtype that the same name is registered for elsewhere.
func Wrong(class, wanted string) Type {
	return func(Value) *Refusal { return refuse("Class %s is not assignable to %s", class, wanted) }
}

// Abstract is a class without any constructor.
func Abstract(class string) Type {
	return func(Value) *Refusal {
		return refuse("Can not construct instance of %s, problem: abstract types either need to be mapped to concrete types, have custom deserializer, or be instantiated with additional type information", class)
	}
}
