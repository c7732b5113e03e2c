package gate

import "oakmoot/internal/druid/jackson"

const (
	aggregation  = pkg + "query.aggregation."
	needsName    = "Must have a valid, non-null aggregator name"
	needsField   = "Must have a valid, non-null fieldName"
	needsOneOf   = "Must have a valid, non-null fieldName or expression"
	aggregatorOf = aggregation + "AggregatorFactory"
)

// aggregator is AggregatorFactory with the subtypes that AggregatorsModule registers.
var aggregator reading

// simple is SimpleLongAggregatorFactory or one of its siblings: a field or an
// expression.
func simple(name string) reading {
	return (&class{
		Name:  aggregation + name + "AggregatorFactory",
		Props: props{"name": jackson.String, "fieldName": jackson.String, "expression": jackson.String},
		Check: func(o object) string {
			return first(needs(o, "name", needsName), when(o.Given("fieldName") == o.Given("expression"), needsOneOf))
		},
	}).Read
}

// ofField is a factory that reads a field.
func ofField(name string) reading {
	return (&class{
		Name:  aggregation + name + "AggregatorFactory",
		Props: props{"name": jackson.String, "fieldName": jackson.String, "maxStringBytes": jackson.Integer, "breaks": jackson.List(jackson.Any)},
		Check: func(o object) string { return first(needs(o, "name", needsName), needs(o, "fieldName", needsField)) },
	}).Read
}

func init() {
	all := types{
		"count": (&class{
			Name: aggregation + "CountAggregatorFactory", Props: props{"name": jackson.String},
			Check: func(o object) string { return needs(o, "name", needsName) },
		}).Read,
		"histogram": ofField("Histogram"),
		"hyperUnique": (&class{
			Name:  aggregation + "hyperloglog.HyperUniquesAggregatorFactory",
			Props: props{"name": jackson.String, "fieldName": jackson.String, "isInputHyperUnique": jackson.Bool, "round": jackson.Bool},
		}).Read,
		"cardinality": (&class{
			Name: aggregation + "cardinality.CardinalityAggregatorFactory",
			Props: props{
				"name": jackson.String, "fieldNames": jackson.List(jackson.String), "fields": jackson.List(jackson.Any),
				"byRow": jackson.Bool, "round": jackson.Bool,
			},
			Check: func(o object) string {
				return first(
					when(!o.Given("fields") && !o.Given("fieldNames"), "Must provide 'fieldNames' if 'fields' is null."),
					when(o.Given("fields") && o.Given("fieldNames"), "Cannot specify both 'fieldNames' and 'fields."),
				)
			},
		}).Read,
		"filtered": (&class{
			Name:  aggregation + "FilteredAggregatorFactory",
			Props: props{"name": jackson.String, "aggregator": func(v value) *jackson.Refusal { return aggregator(v) }, "filter": filter},
			Check: func(o object) string { return when(!o.Given("aggregator") || !o.Given("filter"), jackson.Null) },
		}).Read,
		"javascript": (&class{
			Name: aggregation + "JavaScriptAggregatorFactory",
			Props: props{
				"name": jackson.String, "fieldNames": jackson.List(jackson.String), "fnAggregate": jackson.String,
				"fnReset": jackson.String, "fnCombine": jackson.String,
			},
			Check: func(o object) string {
				return first(
					needs(o, "name", needsName), needs(o, "fieldNames", "Must have a valid, non-null fieldNames"),
					needs(o, "fnAggregate", "Must have a valid, non-null fnAggregate"), needs(o, "fnReset", "Must have a valid, non-null fnReset"),
					needs(o, "fnCombine", "Must have a valid, non-null fnCombine"),
				)
			},
		}).Read,
		"stringFirstFold": ofField("first.StringFirstFold"),
		"stringLastFold":  ofField("last.StringLastFold"),
	}
	for id, class := range map[string]string{
		"longSum": "LongSum", "longMin": "LongMin", "longMax": "LongMax", "doubleSum": "DoubleSum", "doubleMin": "DoubleMin",
		"doubleMax": "DoubleMax", "floatSum": "FloatSum", "floatMin": "FloatMin", "floatMax": "FloatMax",
	} {
		all[id] = simple(class)
	}
	for id, class := range map[string]string{
		"longFirst": "first.LongFirst", "doubleFirst": "first.DoubleFirst", "floatFirst": "first.FloatFirst", "stringFirst": "first.StringFirst",
		"longLast": "last.LongLast", "doubleLast": "last.DoubleLast", "floatLast": "last.FloatLast", "stringLast": "last.StringLast",
	} {
		all[id] = ofField(class)
	}
	aggregator = (&poly{Base: aggregatorOf, Types: all}).Read
}
