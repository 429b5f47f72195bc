package io.github.backdoor4j.examples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.eval.RecordStore;
import io.github.backdoor4j.eval.ResultRecord;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A result with four confusion matrices of ten classes and a hundred epochs, as JSON. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RecordBenchmark {

  private ResultRecord result;
  private String json;

  /** Makes the record. */
  @Setup
  public void fill() {
    result = record();
    json = Json.writePretty(result);
  }

  private static ResultRecord record() {
    ObjectNode options = Json.mapper().createObjectNode().put("ratio", 0.1).put("target", 0);
    ResultRecord.CellSpec spec =
        new ResultRecord.CellSpec(
            "fashion-mnist",
            Json.mapper().createObjectNode(),
            "00".repeat(32),
            "11".repeat(32),
            "preact-resnet18",
            Json.mapper().createObjectNode().put("width", 8),
            Json.tree(TrainingPlan.benchmark(100, Augmentation.NONE)),
            "badnets",
            options,
            "clp",
            options,
            false,
            0,
            options,
            "0.1.0",
            "libtorch");
    List<Measurement> metrics =
        List.of(new Measurement("c_acc", 0.9123, 10_000), new Measurement("asr", 0.0451, 9_000));
    return new ResultRecord(
        ResultRecord.SCHEMA,
        RecordStore.key(spec, ResultRecord.Kind.DEFENSE),
        ResultRecord.Kind.DEFENSE,
        spec,
        ResultRecord.Status.OK,
        "",
        metrics,
        metrics,
        new Evidence(Map.of("forward_passes", 12.5), Collections.nCopies(4, matrix()), List.of()),
        new TrainingHistory(
            IntStream.range(0, 100)
                .mapToObj(e -> new EpochReport(e, 0.01, Map.of("loss", 1.0 / (e + 1)), 3.2))
                .toList()),
        100,
        1000,
        Provenance.current(ComputeDevice.CPU));
  }

  private static Figure matrix() {
    List<String> names = IntStream.range(0, 10).mapToObj(k -> "class " + k).toList();
    List<Double> row = IntStream.range(0, 10).mapToObj(k -> 1.0 / (k + 3)).toList();
    return new Figure.Matrix("Clean images", "true", "called", names, Collections.nCopies(10, row));
  }

  /** To indented text. */
  @Benchmark
  public int write() {
    return Json.writePretty(result).length();
  }

  /** From text, refusing what is unknown. */
  @Benchmark
  public int read() throws JsonProcessingException {
    return Json.read(json, ResultRecord.class).before().size();
  }

  /** The address of the result. */
  @Benchmark
  public String key() {
    return RecordStore.key(result.spec(), result.kind());
  }
}
