package query

import (
	"slices"
	"strings"
)

// words are the keys that a class of Druid 0.14.0 reads from JSON: those that are
// honoured here, those that do not change an answer, and those that are refused. Any
// other key is ignored, like an unknown one in Druid.
type words struct{ honoured, ignored, refused string }

// unsupported is a type that Druid knows and that is refused altogether.
var unsupported = words{refused: "type"}

// vocabulary lists every type in a query's JSON, with its JsonCreator's parameters.
var vocabulary = map[string]map[string]words{
	"query": {
		"timeseries":         {honoured: "queryType dataSource intervals descending filter granularity aggregations postAggregations limit context", refused: "virtualColumns"},
		"topN":               {honoured: "queryType dataSource dimension metric threshold intervals filter granularity aggregations postAggregations context", refused: "virtualColumns"},
		"scan":               {honoured: "queryType dataSource intervals resultFormat batchSize limit filter columns context", refused: "virtualColumns legacy"},
		"timeBoundary":       {honoured: "queryType dataSource intervals bound filter context"},
		"segmentMetadata":    {honoured: "queryType dataSource intervals toInclude merge context analysisTypes lenientAggregatorMerge", ignored: "usingDefaultInterval"},
		"dataSourceMetadata": unsupported, "groupBy": unsupported, "search": unsupported, "select": unsupported,
	},
	"dataSource": {"table": {honoured: "type name"}, "union": {honoured: "type dataSources"}, "query": unsupported},
	"intervals":  {"intervals": {honoured: "type intervals"}, "LegacySegmentSpec": {honoured: "type intervals"}, "segments": {honoured: "type segments"}},
	"filter": {
		"and": {honoured: "type fields"}, "or": {honoured: "type fields"}, "not": {honoured: "type field"}, "true": {honoured: "type"},
		"selector":         {honoured: "type dimension value", refused: "extractionFn"},
		"in":               {honoured: "type dimension values", refused: "extractionFn"},
		"bound":            {honoured: "type dimension lower upper lowerStrict upperStrict alphaNumeric ordering", refused: "extractionFn"},
		"interval":         {honoured: "type dimension intervals", refused: "extractionFn"},
		"like":             {honoured: "type dimension pattern escape", refused: "extractionFn"},
		"regex":            {honoured: "type dimension pattern", refused: "extractionFn"},
		"columnComparison": unsupported, "extraction": unsupported, "search": unsupported, "javascript": unsupported, "spatial": unsupported,
		"expression": {honoured: "type expression"},
	},
	"aggregator": {
		"count": {honoured: "type name"}, "filtered": {honoured: "type aggregator filter", ignored: "name"},
		"longSum": foldWords, "longMin": foldWords, "longMax": foldWords, "doubleSum": foldWords, "doubleMin": foldWords, "doubleMax": foldWords,
		"floatSum": foldWords, "floatMin": foldWords, "floatMax": foldWords,
		"longFirst": endWords, "longLast": endWords, "doubleFirst": endWords, "doubleLast": endWords, "floatFirst": endWords, "floatLast": endWords,
		"stringFirst": unsupported, "stringLast": unsupported, "stringFirstFold": unsupported, "stringLastFold": unsupported,
		"cardinality": unsupported, "histogram": unsupported, "hyperUnique": unsupported, "javascript": unsupported,
	},
	"postAggregator": {
		"arithmetic": {honoured: "type name fn fields", refused: "ordering"}, "constant": {honoured: "type name value"},
		"fieldAccess": {honoured: "type name fieldName"}, "finalizingFieldAccess": {honoured: "type name fieldName"},
		"expression": unsupported, "javascript": unsupported, "hyperUniqueCardinality": unsupported,
		"doubleGreatest": unsupported, "doubleLeast": unsupported, "longGreatest": unsupported, "longLeast": unsupported,
	},
	"dimension": {
		"default": {honoured: "type dimension outputName outputType"}, "LegacyDimensionSpec": {honoured: "type dimension outputName outputType"},
		"extraction": unsupported, "regexFiltered": unsupported, "listFiltered": unsupported, "prefixFiltered": unsupported,
	},
	"metric": {
		"numeric": {honoured: "type metric"}, "LegacyTopNMetricSpec": {honoured: "type metric"}, "inverted": {honoured: "type metric"},
		"lexicographic": {honoured: "type previousStop"}, "alphaNumeric": {honoured: "type previousStop"}, "dimension": {honoured: "type previousStop ordering"},
	},
	"toInclude": {"all": {honoured: "type"}, "none": {honoured: "type"}, "list": {honoured: "type columns"}},
}

var (
	foldWords = words{honoured: "type name fieldName expression"}
	endWords  = words{honoured: "type name fieldName"}
)

// contextWords are the keys of a query's context that Druid 0.14.0 reads:
// QueryContexts, and getContextValue of the queries. Those that concern only caches,
// memory, threads or groupBy change no answer here.
var contextWords = words{
	honoured: "queryId timeout finalize skipEmptyBuckets grandTotal minTopNThreshold bySegment",
	ignored: "sqlQueryId priority defaultTimeout queryFailTime useCache populateCache useResultLevelCache populateResultLevelCache " +
		"chunkPeriod maxScatterGatherBytes maxQueuedBytes uncoveredIntervalsLimit useFilterCNF doAggregateTopNMetricFirst timeoutAt count " +
		"serializeDateTimeAsLongInner mergeRunnersUsingChainedExecution If-None-Match " +
		"groupByStrategy groupByIsSingleThreaded groupByOutermost maxIntermediateRows maxResults bufferGrouperInitialBuckets " +
		"bufferGrouperMaxLoadFactor bufferGrouperMaxSize maxOnDiskStorage maxMergingDictionarySize forceHashAggregation " +
		"intermediateCombineDegree numParallelCombineThreads sortByDimsFirst forceLimitPushDown applyLimitPushDown " +
		"forcePushDownNestedQuery executingNestedQuery fudgeTimestamp sortResults searchStrategy",
	refused: "serializeDateTimeAsLong",
}

// knows reports whether a type is Druid's, supported here or not.
func knows(class, kind string) bool {
	_, ok := vocabulary[class][kind]
	return ok
}

var plurals = map[string]string{
	"query": "queries", "dataSource": "datasources", "filter": "filters", "aggregator": "aggregators", "postAggregator": "post-aggregators",
	"dimension": "dimensions",
}

// check refuses an object that demands something not supported here.
func check(class, kind string, n node) error {
	w := vocabulary[class][kind]
	if w == unsupported {
		return bad("%s of type %s are not supported", plurals[class], kind)
	}
	return w.check(class+" "+kind, n)
}

func (w words) check(what string, n node) error {
	for _, key := range n.keys {
		if slices.Contains(strings.Fields(w.refused), key) && !n.of(key).saysNothing() {
			return bad("%s: %s is not supported", what, key)
		}
	}
	return nil
}

// saysNothing reports whether a value amounts to none.
func (n node) saysNothing() bool {
	return n.null() || n.text == "false" || n.items != nil && len(n.items) == 0
}
