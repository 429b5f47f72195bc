package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.util.ArrayList;
import java.util.List;

/**
 * One result with everything it depends on: one JSON file.
 *
 * @param schema version of this form
 * @param key address of the result: hash of {@code spec}
 * @param kind what was done
 * @param spec every input: data hashes, methods with all options, seed, versions
 * @param status whether the numbers may be used
 * @param reason why not, if not; else empty
 * @param before metrics of the model as it came in; empty for an attack
 * @param after metrics of the model (or detector) that came out
 * @param evidence numbers, figures and notes of the method
 * @param history of the victim's training; without epochs for a defense
 * @param seconds wall time of the work, evaluation included
 * @param peakMemoryMb largest resident memory of the process meanwhile, in MiB
 * @param provenance versions and machine
 */
public record ResultRecord(
    int schema,
    String key,
    Kind kind,
    CellSpec spec,
    Status status,
    String reason,
    List<Measurement> before,
    List<Measurement> after,
    Evidence evidence,
    TrainingHistory history,
    double seconds,
    double peakMemoryMb,
    Provenance provenance) {

  /** The schema that this version writes. */
  public static final int SCHEMA = 1;

  /** What was done. */
  public enum Kind {
    /** A model was backdoored. */
    ATTACK,
    /** A model was trained on clean data and measured with the attack's trigger. */
    CONTROL,
    /** A defense acted on a backdoored model. */
    DEFENSE,
    /** A defense acted on the clean model. */
    CONTROL_DEFENSE
  }

  /** Whether the numbers may be used. */
  public enum Status {
    /** They may. */
    OK,
    /** The method cannot act here; {@link #reason()} says why. Final. */
    NOT_APPLICABLE,
    /** Something broke; tried again at the next run. */
    FAILED
  }

  /**
   * Every input of a result.
   *
   * @param dataset id
   * @param datasetOptions all of its options
   * @param trainingHash content hash of the clean training set
   * @param testHash content hash of the test set
   * @param model architecture id
   * @param modelOptions all of its options
   * @param training the whole recipe
   * @param attack id of the attack; for controls the attack whose trigger is measured
   * @param attackOptions all of its options
   * @param defense id; empty for attacks and controls
   * @param defenseOptions all of its options; empty object for attacks and controls
   * @param control whether the model was trained on clean data
   * @param seed of the run
   * @param settings holdout, run-time inputs, device, and what the defense was allowed to see
   * @param code version and commit of Backdoor4J
   * @param engine tensor engine
   */
  public record CellSpec(
      String dataset,
      JsonNode datasetOptions,
      String trainingHash,
      String testHash,
      String model,
      JsonNode modelOptions,
      JsonNode training,
      String attack,
      JsonNode attackOptions,
      String defense,
      JsonNode defenseOptions,
      boolean control,
      long seed,
      JsonNode settings,
      String code,
      String engine) {

    static final String ACCESS = "access";
    private static final String ORACLE = Names.hyphenated(DefenderAccess.ORACLE);

    /** What the defense was allowed to see, in lower case with hyphens; empty for attacks. */
    public List<String> access() {
      List<String> names = new ArrayList<>();
      settings.path(ACCESS).forEach(name -> names.add(name.asText()));
      return names;
    }

    /** Whether test data, which no defender has, chose a setting of the defense. */
    public boolean oracle() {
      return access().contains(ORACLE);
    }

    /** The poisoning ratio among the attack's options; NaN if it has none. */
    public double poisonRatio() {
      return attackOptions.path("ratio").asDouble(Double.NaN);
    }
  }

  public ResultRecord {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  /** The same record with another status. */
  ResultRecord withStatus(Status other, String why) {
    return new ResultRecord(
        schema,
        key,
        kind,
        spec,
        other,
        why,
        before,
        after,
        evidence,
        history,
        seconds,
        peakMemoryMb,
        provenance);
  }

  /** A metric that came out; NaN if it was not measured. */
  public double value(String metric) {
    return value(after, metric);
  }

  /** A metric of the model that came in; NaN if it was not measured. */
  public double valueBefore(String metric) {
    return value(before, metric);
  }

  private static double value(List<Measurement> measurements, String metric) {
    return measurements.stream()
        .filter(measurement -> measurement.name().equals(metric))
        .mapToDouble(Measurement::value)
        .findFirst()
        .orElse(Double.NaN);
  }
}
