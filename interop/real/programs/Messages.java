import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Messages BROKERS TOPIC TEXT: sends a text to a topic of two replicas, which it makes if there is none, and prints all its texts up to this one. */
public class Messages {
  public static void main(String[] args) throws Exception {
    Map<String, Object> brokers = Map.of("bootstrap.servers", args[0]);
    try (Admin admin = Admin.create(brokers)) {
      admin.createTopics(List.of(new NewTopic(args[1], 1, (short) 2))).all().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) throw e;
    }
    long last;
    try (var producer = new KafkaProducer<>(brokers, new StringSerializer(), new StringSerializer())) {
      last = producer.send(new ProducerRecord<>(args[1], args[2])).get().offset();
    }
    TopicPartition only = new TopicPartition(args[1], 0);
    try (var consumer = new KafkaConsumer<>(brokers, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(only));
      consumer.seekToBeginning(List.of(only));
      while (consumer.position(only) <= last) {
        for (var message : consumer.poll(Duration.ofSeconds(1))) System.out.println("message: " + message.value());
      }
    }
  }
}
