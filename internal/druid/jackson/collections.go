package jackson

// List is a java.util.List, an ArrayList.
func List(of Type) Type { return elements("java.util.ArrayList", "java.util.ArrayList", of) }

// Set is a java.util.Set, a HashSet.
func Set(of Type) Type { return elements("java.util.HashSet", "java.util.HashSet", of) }

// Array is an array of a class.
func Array(class string, of Type) Type { return elements(class+"[]", "Object[]", of) }

func elements(class, reference string, of Type) Type {
	return func(v Value) *Refusal {
		switch {
		case v.IsNull():
			return nil
		case v.Token == "":
			return broken(v.Broken)
		case v.Token != "START_ARRAY":
			return refuse("Can not deserialize instance of %s out of %s token", class, v.Token)
		}
		for i, element := range v.Elements {
			if refused := of(element); refused != nil {
				return refused.at(reference, i)
			}
		}
		return Any(v)
	}
}

// Map is a java.util.Map from strings to the class that javaName names.
func Map(javaName string, of Type) Type {
	return func(v Value) *Refusal {
		switch {
		case v.IsNull():
			return nil
		case v.Token == "VALUE_STRING":
			return refuse("Can not instantiate value of type [map type; class java.util.LinkedHashMap, [simple type, class java.lang.String] -> [%s]] from String value ('%s'); no single-String constructor/factory method", javaName, v.Text)
		case v.Token == "":
			return broken(v.Broken)
		case v.Token != "START_OBJECT":
			return refuse("Can not deserialize instance of java.util.LinkedHashMap out of %s token", v.Token)
		}
		for _, m := range v.Members {
			if refused := of(m.Value); refused != nil {
				return refused.in("java.util.LinkedHashMap", m.Key)
			}
		}
		return Any(v)
	}
}

// Objects is a Map<String, Object>.
var Objects = Map("simple type, class java.lang.Object", Any)
