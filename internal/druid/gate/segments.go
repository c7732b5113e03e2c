package gate

import (
	"oakmoot/internal/druid"
	"oakmoot/internal/druid/jackson"
)

const partition = pkg + "timeline.partition."

// shardSpec is ShardSpec with its subtypes.
var shardSpec = (&poly{Base: partition + "ShardSpec", Types: types{
	"none": jackson.Any,
	"linear": (&class{
		Name: partition + "LinearShardSpec", Props: props{"partitionNum": jackson.Integer},
		Check: func(o object) string {
			return when(!numberGiven(o, "partitionNum"), "Must set partitionNum on LinearShardSpec")
		},
	}).Read,
	"numbered": numberedShardSpec("NumberedShardSpec", props{}),
	"hashed":   numberedShardSpec("HashBasedNumberedShardSpec", props{"partitionDimensions": jackson.List(jackson.String)}),
	"single": (&class{
		Name:  partition + "SingleDimensionShardSpec",
		Props: props{"dimension": jackson.String, "start": jackson.String, "end": jackson.String, "partitionNum": jackson.Int},
	}).Read,
}}).Read

func numberedShardSpec(name string, more props) reading {
	more["partitionNum"], more["partitions"] = jackson.Int, jackson.Int
	return (&class{Name: partition + name, Props: more, Check: func(o object) string {
		return first(when(number(o, "partitionNum", 0) < 0, "partitionNum >= 0"), when(number(o, "partitions", 0) < 0, "partitions >= 0"))
	}}).Read
}

// segment is DataSegment.
var segment = (&class{
	Name: pkg + "timeline.DataSegment",
	Props: props{
		"dataSource": jackson.String, "interval": interval, "version": jackson.String, "loadSpec": jackson.Objects,
		"shardSpec": shardSpec, "binaryVersion": jackson.Integer, "size": jackson.Long,
	},
	Check: func(o object) string {
		return when(!o.Given("dataSource") || !o.Given("interval") || !o.Given("version"), jackson.Null)
	},
}).Read

const data = pkg + "segment.data."

// indexSpec is IndexSpec. A bitmap of an unknown type is concise.
var indexSpec = (&class{
	Name: pkg + "segment.IndexSpec",
	Props: props{
		"bitmap":               (&class{Name: data + "BitmapSerde$DefaultBitmapSerdeFactory"}).Read,
		"dimensionCompression": compression, "metricCompression": compression,
		"longEncoding": jackson.Enum(data+"CompressionFactory$LongEncodingStrategy", "AUTO", "LONGS"),
	},
	Check: func(o object) string {
		return when(o.Given("dimensionCompression") && lower(o, "dimensionCompression") == "none", "Unknown compression type[none]")
	},
}).Read

var compression = jackson.Enum(data+"CompressionStrategy", "LZF", "LZ4", "UNCOMPRESSED", "NONE")

// mediumFactory is SegmentWriteOutMediumFactory; an unknown type means the default too.
var mediumFactory = (&class{Name: pkg + "segment.writeout.TmpFileSegmentWriteOutMediumFactory"}).Read

const granularitySpecs = pkg + "segment.indexing.granularity."

// granularitySpec is GranularitySpec; any other type is uniform.
var granularitySpec = (&poly{
	Base: granularitySpecs + "GranularitySpec",
	Types: types{"uniform": uniform, "arbitrary": (&class{
		Name:  granularitySpecs + "ArbitraryGranularitySpec",
		Props: props{"queryGranularity": granularity, "rollup": jackson.Boolean, "intervals": jackson.List(interval)},
		Check: func(o object) string { return overlap(o["intervals"].Elements) },
	}).Read},
	Default: uniform,
}).Read

var uniform = (&class{
	Name: granularitySpecs + "UniformGranularitySpec",
	Props: props{
		"segmentGranularity": granularity, "queryGranularity": granularity, "rollup": jackson.Boolean, "intervals": jackson.List(interval),
	},
	Check: func(o object) string {
		for _, i := range o["intervals"].Elements {
			if i.IsNull() {
				return jackson.Null
			}
		}
		return ""
	},
}).Read

// overlap refuses intervals that overlap, in the order of their starts.
func overlap(given []value) string {
	var all []druid.Interval
	for _, v := range given {
		if v.IsNull() {
			return jackson.Null
		}
		i, _ := druid.ParseInterval(v.Text) // it has been read already
		all = append(all, i)
	}
	before, after, found := druid.FirstOverlap(all)
	if !found {
		return ""
	}
	return "Overlapping intervals: " + before.String() + ", " + after.String()
}
