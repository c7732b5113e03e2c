import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptorBuilder;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;
import org.apache.hadoop.hbase.util.Bytes;

/** Rows TABLE TEXT: makes a table, which takes an active master, puts a text into it, and prints what it gets back. */
public class Rows {
  public static void main(String[] args) throws Exception {
    TableName name = TableName.valueOf(args[0]);
    byte[] row = Bytes.toBytes("row"), family = Bytes.toBytes("f"), column = Bytes.toBytes("c");
    try (var hbase = ConnectionFactory.createConnection(HBaseConfiguration.create()); var admin = hbase.getAdmin()) {
      admin.createTable(TableDescriptorBuilder.newBuilder(name).setColumnFamily(ColumnFamilyDescriptorBuilder.of(family)).build());
      try (var table = hbase.getTable(name)) {
        table.put(new Put(row).addColumn(family, column, Bytes.toBytes(args[1])));
        System.out.println("row: " + Bytes.toString(table.get(new Get(row)).getValue(family, column)));
      }
    }
  }
}
