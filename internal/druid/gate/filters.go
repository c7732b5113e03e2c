package gate

import (
	"unicode/utf16"

	"oakmoot/internal/druid/jackson"
)

var filterTypes types

// filter is DimFilter with its subtypes. It is a function because filters contain
// filters.
func filter(v value) *jackson.Refusal {
	return (&poly{Base: pkg + "query.filter.DimFilter", Types: filterTypes}).Read(v)
}

// dimFilter is a filter of one dimension.
func dimFilter(name, noDimension string, more props, check func(object) string) reading {
	all := props{"dimension": jackson.String, "extractionFn": jackson.Any}
	for key, read := range more {
		all[key] = read
	}
	return (&class{Name: pkg + "query.filter." + name + "DimFilter", Props: all, Check: func(o object) string {
		if noDimension != "" && !o.Given("dimension") {
			return noDimension
		}
		if check == nil {
			return ""
		}
		return check(o)
	}}).Read
}

// ofFields is a filter of filters.
func ofFields(name, empty string) reading {
	return (&class{
		Name:  pkg + "query.filter." + name + "DimFilter",
		Props: props{"fields": jackson.List(filter)},
		Check: func(o object) string {
			kept := 0
			for _, f := range o["fields"].Elements {
				if !f.IsNull() {
					kept++
				}
			}
			return first(when(!o.Given("fields"), jackson.Null), when(kept == 0, empty))
		},
	}).Read
}

func init() {
	const mustNot, canNot = "dimension must not be null", "dimension can not be null"
	filterTypes = types{
		"and":      ofFields("And", "AND operator requires at least one field"),
		"or":       ofFields("Or", "OR operator requires at least one field"),
		"selector": dimFilter("Selector", mustNot, props{"value": jackson.String}, nil),
		"not": (&class{
			Name: pkg + "query.filter.NotDimFilter", Props: props{"field": filter},
			Check: func(o object) string { return needs(o, "field", "NOT operator requires at least one field") },
		}).Read,
		"bound": dimFilter("Bound", canNot, props{
			"lower": jackson.String, "upper": jackson.String, "lowerStrict": jackson.Boolean, "upperStrict": jackson.Boolean,
			"alphaNumeric": jackson.Boolean, "ordering": jackson.Any,
		}, func(o object) string {
			return when(!o.Given("lower") && !o.Given("upper"), "lower and upper can not be null at the same time")
		}),
		"in": dimFilter("In", canNot, props{"values": jackson.List(jackson.String)}, func(o object) string {
			return needs(o, "values", "values can not be null")
		}),
		"interval": dimFilter("Interval", canNot, props{"intervals": jackson.List(interval)}, func(o object) string {
			return first(needs(o, "intervals", "intervals can not be null"), when(len(o["intervals"].Elements) == 0, "must specify at least one interval"))
		}),
		"like": dimFilter("Like", "dimension", props{"pattern": jackson.String, "escape": jackson.String}, func(o object) string {
			units := len(utf16.Encode([]rune(o["escape"].Text)))
			return first(needs(o, "pattern", "pattern"), when(o.Given("escape") && units != 1, "Escape must be null or a single character"))
		}),
		"regex": dimFilter("Regex", mustNot, props{"pattern": jackson.String}, func(o object) string {
			return needs(o, "pattern", "pattern must not be null")
		}),
		"javascript": dimFilter("JavaScript", mustNot, props{"function": jackson.String}, func(o object) string {
			return needs(o, "function", "function must not be null")
		}),
		"extraction": dimFilter("Extraction", mustNot, props{"value": jackson.String, "dimExtractionFn": jackson.Any}, func(o object) string {
			return when(!o.Given("extractionFn") && !o.Given("dimExtractionFn"), "extraction function must not be null")
		}),
		"spatial": dimFilter("Spatial", mustNot, props{"bound": jackson.Any}, func(o object) string {
			return needs(o, "bound", "bound must not be null")
		}),
		"columnComparison": dimFilter("ColumnComparison", "", props{"dimensions": jackson.List(jackson.Any)}, func(o object) string {
			return first(needs(o, "dimensions", "dimensions"), when(len(o["dimensions"].Elements) < 2, "dimensions must have a least 2 dimensions"))
		}),
		"search":     dimFilter("SearchQuery", "", props{"query": jackson.Any}, nil),
		"expression": jackson.Any,
		"true":       jackson.Any,
	}
}
