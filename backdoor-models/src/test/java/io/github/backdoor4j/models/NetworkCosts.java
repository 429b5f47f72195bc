package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What a training step of every network costs on the CPU: a main program that prints a table in
 * Markdown. Each network has a process of its own, so that its largest memory is its own.
 *
 * <p>Arguments: batch (8), threads (1), and as a third the id of the one network to measure, which
 * is how the processes are called. Memory is known on Linux only.
 */
final class NetworkCosts {

  private static final int STEPS = 5;
  private static final double RATE = -1e-4;
  private static final Path STATUS = Path.of("/proc/self/status");

  private NetworkCosts() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    String batch = arguments.length > 0 ? arguments[0] : "8";
    String threads = arguments.length > 1 ? arguments[1] : "1";
    if (arguments.length > 2) {
      Engine.threads(Integer.parseInt(threads));
      Architecture<?> architecture = Registries.load().architectures().get(arguments[2]);
      print(System.out, architecture, Integer.parseInt(batch));
      return;
    }
    System.out.printf(
        "| network | parameters | ms per step of %s, %s thread(s), %s | peak memory, MiB |%n"
            + "|---|---:|---:|---:|%n",
        batch, threads, Engine.cpuCapability());
    for (Architecture<?> architecture : Registries.load().architectures().all()) {
      measureInOwnProcess(batch, threads, architecture.id());
    }
  }

  private static void measureInOwnProcess(String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new java.util.ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                NetworkCosts.class.getName()));
    command.addAll(Arrays.asList(arguments));
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (status != 0) {
      throw new IllegalStateException(command.get(command.size() - 1) + " ended with " + status);
    }
  }

  private static <O extends Record> void print(
      PrintStream out, Architecture<O> architecture, int batch) throws IOException {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = RandomImages.of(batch);
      DatasetSpec spec = data.spec();
      Network network =
          architecture
              .build(NetworkSpec.of(spec), architecture.defaults(spec))
              .initialize(new Seed(1));
      network.training(true);
      Tensor images = spec.normalization().normalize(data.images());
      double[] millis = new double[STEPS + 1];
      for (int step = 0; step <= STEPS; step++) {
        long start = System.nanoTime();
        step(network, images, data.labels());
        millis[step] = (System.nanoTime() - start) / 1e6;
      }
      double[] warm = Arrays.copyOfRange(millis, 1, millis.length);
      Arrays.sort(warm);
      out.printf(
          Locale.ROOT,
          "| `%s` | %,d | %.0f | %s |%n",
          architecture.id(),
          network.parameterCount(),
          warm[STEPS / 2],
          peakMegabytes());
    }
  }

  private static void step(Network network, Tensor images, Tensor labels) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor[] weights = network.parameters().values().toArray(new Tensor[0]);
      Tensor loss = torch.cross_entropy_loss(network.forward(images), labels);
      Tensor[] gradients = Tensors.gradients(loss, false, weights);
      try (NoGradGuard guard = new NoGradGuard()) {
        for (int i = 0; i < weights.length; i++) {
          weights[i].add_(gradients[i], new Scalar(RATE));
        }
      }
    }
  }

  private static String peakMegabytes() throws IOException {
    if (!Files.isReadable(STATUS)) {
      return "unknown";
    }
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .map(mebibytes -> String.format(Locale.ROOT, "%,d", mebibytes))
        .findFirst()
        .orElse("unknown");
  }
}
