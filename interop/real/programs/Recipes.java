import java.util.concurrent.CountDownLatch;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.CreateMode;

/** Recipes ZOOKEEPER SESSION-MS NAME: takes part in each recipe for as long as it runs, and prints what it comes to hold and see. */
public class Recipes {
  public static void main(String[] args) throws Exception {
    CuratorFramework curator = CuratorFrameworkFactory.newClient(args[0], Integer.parseInt(args[1]), 10_000, new RetryOneTime(100));
    curator.start();

    CuratorCache cache = CuratorCache.build(curator, "/nodes");
    cache.listenable().addListener((type, before, now) -> say(type + " " + (now == null ? before : now).getPath()));
    cache.start();
    PersistentNode node = new PersistentNode(curator, CreateMode.EPHEMERAL, false, "/nodes/" + args[2], new byte[0], true);
    node.start();

    LeaderLatch latch = new LeaderLatch(curator, "/latch", args[2]);
    latch.start();
    new Thread(() -> {
      try {
        latch.await();
        say("has the LeaderLatch");
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }).start();

    LeaderSelector selector = new LeaderSelector(curator, "/selector", new LeaderSelectorListenerAdapter() {
      @Override public void takeLeadership(CuratorFramework client) throws Exception {
        say("has the LeaderSelector");
        new CountDownLatch(1).await();
      }
    });
    selector.start();

    InterProcessMutex mutex = new InterProcessMutex(curator, "/mutex");
    mutex.acquire();
    say("has the InterProcessMutex");
    new CountDownLatch(1).await();
  }

  private static synchronized void say(String text) {
    System.out.println(text);
  }
}
