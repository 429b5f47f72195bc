import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.models.PreActResNet18;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Times PreAct-ResNet18 on Backdoor4J's own trainer. Reads lines such as {@code train 64} or {@code
 * infer 16} and answers each with the seconds that one batch of 128 images of 3×32×32 took.
 */
public final class LibtorchWorker {

  private static final int BATCH = 128;
  private static final DatasetSpec SPEC =
      new DatasetSpec(
          "noise",
          new ImageShape(3, 32, 32),
          IntStream.range(0, 10).mapToObj(Integer::toString).toList(),
          Normalization.uniform(3, 0.5, 0.5),
          Augmentation.NONE);

  private LibtorchWorker() {}

  public static void main(String[] args) throws IOException {
    byte[] pixels = new byte[BATCH * SPEC.shape().size()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) new Seed(i).child("pixel").value();
    }
    long[] labels = IntStream.range(0, BATCH).mapToLong(i -> i % 10).toArray();
    ImageDataset data =
        new ImageDataset(SPEC, Tensors.ofBytes(pixels, BATCH, 3, 32, 32), Tensors.ofLongs(labels));
    Trainer trainer =
        new Trainer("benchmark", ComputeDevice.CPU, Checkpoints.none(), List.of());
    TrainingPlan step = TrainingPlan.benchmark(1, Augmentation.NONE);
    Map<Integer, Network> nets = new HashMap<>();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      Network net = nets.computeIfAbsent(Integer.valueOf(words[1]), LibtorchWorker::build);
      long start = System.nanoTime();
      if (words[0].equals("train")) {
        trainer.fit(net, data, step, new Seed(1));
      } else if (words[0].equals("infer")) {
        Inference.on(ComputeDevice.CPU).predict(net, data);
      } else {
        System.out.println("# parameters " + net.parameterCount());
        continue;
      }
      System.out.println((System.nanoTime() - start) / 1e9);
    }
  }

  private static Network build(int width) {
    return new PreActResNet18()
        .build(NetworkSpec.of(SPEC), new PreActResNet18.Options(width))
        .initialize(new Seed(1));
  }
}
