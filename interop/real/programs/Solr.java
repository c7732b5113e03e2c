import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.solr.client.solrj.embedded.JettyConfig;
import org.apache.solr.client.solrj.embedded.JettySolrRunner;

/** Solr HOME PORT ZOOKEEPER: a node of SolrCloud, as bin/solr starts one. */
public class Solr {
  public static void main(String[] args) throws Exception {
    Path home = Files.createDirectories(Path.of(args[0]));
    System.setProperty("zkHost", args[2]);
    System.setProperty("host", "127.0.0.1");
    System.setProperty("hostPort", args[1]);
    System.setProperty("solr.log.dir", args[0]);
    var jetty = JettyConfig.builder().setContext("/solr").setPort(Integer.parseInt(args[1])).stopAtShutdown(true).build();
    new JettySolrRunner(home.toString(), new Properties(), jetty).start();
  }
}
