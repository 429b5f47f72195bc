import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Times both engines in one session, turn by turn, so that a busy machine hurts both alike. Started
 * by {@code run.sh}; prints Markdown tables of medians and, below them, every single time. With one
 * thread, processor time is what a batch would take on an idle core, however busy the machine is.
 */
public final class Alternate {

  private static final int BATCH = 128;
  private static final List<String> TASKS = List.of("infer 16", "train 16", "infer 64", "train 64");
  private static final int MIN_ROUNDS = 2;
  private static final int MAX_ROUNDS = 7;

  private Alternate() {}

  public static void main(String[] args) throws IOException {
    long end = System.nanoTime() + Duration.ofSeconds(Long.parseLong(args[0])).toNanos();
    List<Worker> workers =
        List.of(new Worker("libtorch", "LibtorchWorker"), new Worker("dl4j", "Dl4jWorker"));
    for (Worker worker : workers) {
      System.out.println(worker.name + ": " + worker.ask("parameters 64"));
      for (String task : TASKS.subList(0, TASKS.size() - 1)) {
        worker.ask(task); // the first batch of a kind makes kernels and buffers
      }
    }
    long slowest = 0;
    for (int round = 0;
        round < MIN_ROUNDS || round < MAX_ROUNDS && System.nanoTime() + slowest < end;
        round++) {
      long start = System.nanoTime();
      for (String task : TASKS) {
        for (Worker worker : workers) {
          worker.time(task);
          System.out.println(task + ", " + worker.name + ": " + worker.wall.get(task));
        }
      }
      slowest = Math.max(slowest, System.nanoTime() - start);
    }
    report(workers.get(0), workers.get(1));
    workers.forEach(worker -> worker.process.destroy());
  }

  private static void report(Worker torch, Worker dl4j) {
    table("wall time", torch.wall, dl4j.wall);
    table("processor time", torch.processor, dl4j.processor);
    System.out.println("\nwall seconds per batch, and seconds of processor time in brackets:");
    for (String task : TASKS) {
      for (Worker worker : List.of(torch, dl4j)) {
        StringBuilder line = new StringBuilder(task + ", " + worker.name + ":");
        for (int i = 0; i < worker.wall.get(task).size(); i++) {
          line.append(
              String.format(
                  Locale.ROOT,
                  " %.2f (%.2f)",
                  worker.wall.get(task).get(i),
                  worker.processor.get(task).get(i)));
        }
        System.out.println(line);
      }
    }
  }

  private static void table(
      String clock, Map<String, List<Double>> torch, Map<String, List<Double>> dl4j) {
    System.out.println("\n| by " + clock + " | libtorch, images/s | DL4J, images/s | ratio |");
    System.out.println("|---|---|---|---|");
    for (String task : TASKS) {
      double a = BATCH / median(torch.get(task));
      double b = BATCH / median(dl4j.get(task));
      System.out.printf(Locale.ROOT, "| %s | %.1f | %.1f | %.1f |%n", task, a, b, a / b);
    }
  }

  private static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    int n = sorted.size();
    return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
  }

  /** One engine in a process of its own. */
  private static final class Worker {
    final String name;
    final Process process;
    final Writer out;
    final BufferedReader in;
    final Map<String, List<Double>> wall = new LinkedHashMap<>();
    final Map<String, List<Double>> processor = new LinkedHashMap<>();

    Worker(String name, String main) throws IOException {
      this.name = name;
      String classPath = name + "/target/classes" + File.pathSeparator + name + "/target/lib/*";
      String java = System.getProperty("java.home") + "/bin/java";
      process =
          new ProcessBuilder(java, "-Xmx4g", "-Xss8m", "-cp", classPath, main)
              .redirectError(ProcessBuilder.Redirect.to(new File(name + "/target/log.txt")))
              .start();
      out = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
      in =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    String ask(String command) throws IOException {
      out.write(command + "\n");
      out.flush();
      String answer = in.readLine();
      if (answer == null) {
        throw new IOException(name + " ended; see " + name + "/target/log.txt");
      }
      return answer;
    }

    void time(String task) throws IOException {
      Duration before = process.info().totalCpuDuration().orElse(Duration.ZERO);
      double seconds = Double.parseDouble(ask(task));
      Duration after = process.info().totalCpuDuration().orElse(Duration.ZERO);
      wall.computeIfAbsent(task, key -> new ArrayList<>()).add(seconds);
      processor
          .computeIfAbsent(task, key -> new ArrayList<>())
          .add(after.minus(before).toMillis() / 1e3);
    }
  }
}
