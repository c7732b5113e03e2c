import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Directories NAME: makes a directory, which takes an active NameNode, and prints all there are. */
public class Directories {
  public static void main(String[] args) throws Exception {
    Configuration conf = new Configuration();
    conf.addResource("hdfs-site.xml");
    try (FileSystem files = FileSystem.get(conf)) {
      files.mkdirs(new Path("/" + args[0]));
      for (var each : files.listStatus(new Path("/"))) System.out.println("directory: " + each.getPath().getName());
    }
  }
}
