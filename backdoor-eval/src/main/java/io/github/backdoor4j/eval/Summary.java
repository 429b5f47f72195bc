package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.eval.ResultRecord.CellSpec;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.ResultRecord.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** Results of several seeds as mean and standard deviation. */
public final class Summary {

  private Summary() {}

  /**
   * A number over seeds.
   *
   * @param mean NaN if nothing was measured
   * @param sd sample standard deviation, over n − 1; NaN for fewer than two values
   * @param n number of seeds for which it was measured
   * @param values one per such seed, in the order of the records
   */
  public record Statistics(double mean, double sd, int n, List<Double> values) {

    public Statistics {
      values = List.copyOf(values);
    }

    /** Statistics of the values that are not NaN. */
    public static Statistics of(DoubleStream measured) {
      double[] values = measured.filter(value -> !Double.isNaN(value)).toArray();
      int n = values.length;
      double mean = n == 0 ? Double.NaN : DoubleStream.of(values).sum() / n;
      double squares = DoubleStream.of(values).map(v -> (v - mean) * (v - mean)).sum();
      double sd = n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1));
      return new Statistics(mean, sd, n, DoubleStream.of(values).boxed().toList());
    }
  }

  /**
   * One cell of a table: records that differ in nothing but the seed.
   *
   * @param kind what was done
   * @param spec of the first record; its seed stands for none
   * @param records one per seed, those without numbers too
   */
  public record Row(Kind kind, CellSpec spec, List<ResultRecord> records) {

    public Row {
      records = List.copyOf(records);
    }

    /** The records whose numbers may be used. */
    public List<ResultRecord> measured() {
      return records.stream().filter(record -> record.status() == Status.OK).toList();
    }

    /** The records without numbers, whose {@link ResultRecord#reason()} says why. */
    public List<ResultRecord> missing() {
      return records.stream().filter(record -> record.status() != Status.OK).toList();
    }

    /** A metric of what came out. */
    public Statistics after(String metric) {
      return over(record -> record.value(metric));
    }

    /** A metric of the model that came in. */
    public Statistics before(String metric) {
      return over(record -> record.valueBefore(metric));
    }

    /** Wall time in seconds. */
    public Statistics seconds() {
      return over(ResultRecord::seconds);
    }

    /** Peak resident memory in MiB. */
    public Statistics peakMemoryMb() {
      return over(ResultRecord::peakMemoryMb);
    }

    /** How many things a metric was counted over, in the first record that has it; 0 if none. */
    public long denominator(String metric) {
      return measured().stream()
          .flatMap(record -> Stream.concat(record.after().stream(), record.before().stream()))
          .filter(measurement -> measurement.name().equals(metric))
          .mapToLong(Measurement::denominator)
          .findFirst()
          .orElse(0);
    }

    private Statistics over(ToDoubleFunction<ResultRecord> number) {
      return Statistics.of(measured().stream().mapToDouble(number));
    }
  }

  /** Groups records over seeds by everything but the seed, in the order of first appearance. */
  public static List<Row> of(List<ResultRecord> records) {
    Map<String, List<ResultRecord>> groups = new LinkedHashMap<>();
    for (ResultRecord record : records) {
      groups.computeIfAbsent(group(record), key -> new ArrayList<>()).add(record);
    }
    return groups.values().stream()
        .map(group -> new Row(group.get(0).kind(), group.get(0).spec(), group))
        .toList();
  }

  /**
   * What records of one row share. As text, because a number that was read from a file and one that
   * was not are unequal as trees (an {@code int} and a {@code long}).
   */
  private static String group(ResultRecord record) {
    CellSpec spec = record.spec();
    CellSpec seedless =
        new CellSpec(
            spec.dataset(),
            spec.datasetOptions(),
            spec.trainingHash(),
            spec.testHash(),
            spec.model(),
            spec.modelOptions(),
            spec.training(),
            spec.attack(),
            spec.attackOptions(),
            spec.defense(),
            spec.defenseOptions(),
            spec.control(),
            0,
            spec.settings(),
            spec.code(),
            spec.engine());
    return record.kind() + Json.write(seedless);
  }
}
