package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.ResultRecord.Status;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.select.Elements;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HtmlReportTest {

  private static final String HOSTILE =
      "</script><script>window.hacked=1</script>\"'><img src=x onerror=a()>";

  private final Locale before = Locale.getDefault();

  /** The page of a full run; tests only read it. */
  private static Document full;

  @TempDir Path folder;

  @BeforeAll
  static void renderFull(@TempDir Path shared) throws Exception {
    Path file = shared.resolve("report").resolve("index.html");
    HtmlReport.write(SampleRun.full(shared), file);
    full = Jsoup.parse(file);
  }

  @AfterEach
  void restoreLocale() {
    Locale.setDefault(before);
  }

  @Test
  void write_namesEveryDefenseInTablesAndSections() throws Exception {
    for (String defense : SampleRun.DEFENSES) {
      assertThat(full.select("article.defense h3").eachText()).contains(defense);
      assertThat(full.select("table.results tbody th").eachText()).contains(defense);
    }
    assertThat(full.title()).isEqualTo("badnets on fashion-mnist");
    assertThat(full.select("section#attack .pair")).hasSize(8);
    assertThat(full.select("section#attack .pair").get(0).select("img")).hasSize(3);
  }

  @Test
  void write_sections_areLinkedByAnchorsThatExist() throws Exception {
    Elements links = full.select("a[href^=#]");
    assertThat(links).hasSizeGreaterThan(SampleRun.DEFENSES.size());
    for (Element link : links) {
      assertThat(full.getElementById(link.attr("href").substring(1))).isNotNull();
    }
  }

  @Test
  void write_tables_showMeanSpreadChangeAndDenominator() throws Exception {
    Element asr = cell(full, "fine-tuning", 1); // 0.3128 and 0.5128, before 0.9961 and 0.9972
    assertThat(asr.select(".mean").text()).isEqualTo("41.28");
    assertThat(asr.select(".small").text()).isEqualTo("± 14.14 Δ −58.39");
    assertThat(asr.attr("title")).isEqualTo("mean of 31.28; 51.28, each of 1,800");
    assertThat(cell(full, "no defense", 3).text()).isEqualTo("–"); // DER of nothing
  }

  @Test
  void write_oneSeed_showsCountsAndNoSpread() throws Exception {
    Document page = render(SampleRun.of(folder, List.of(0L), List.of("fine-tuning")));

    assertThat(cell(page, "fine-tuning", 0).attr("title")).isEqualTo("1,758 of 2,000");
    assertThat(page.select(".small").text()).doesNotContain("±");
    assertThat(page.select(".lead").text()).contains("one seed");
  }

  @Test
  void write_cellsWithoutNumbers_sayWhy() throws Exception {
    Element row = row(full, "acme.spectral-gate");
    assertThat(row.select(".badge").text()).isEqualTo("not applicable");
    assertThat(row.text()).contains("has no layer 'gate'");
    assertThat(full.select("article.defense").last().text())
        .contains("failed: the loss became NaN in step 31 (clean control, seed 1)");
    assertThat(full.select(".hero .warning").text()).contains("1 cell failed");
  }

  @Test
  void write_verdicts_areMarkedRightOrWrong() throws Exception {
    Elements verdicts = full.select("td.verdict");

    assertThat(verdicts.eachText()).containsExactly("backdoored", "clean");
    assertThat(verdicts.select(".wrong")).isEmpty();
  }

  @Test
  void write_oracleRows_areMarkedAndDoNotWin() throws Exception {
    List<ResultRecord> records = new ArrayList<>();
    records.addAll(SampleRun.of(folder, List.of(0L), List.of("fine-pruning")).records());
    ResultRecord best = SampleRun.defense("activation-clustering", false, 0);
    records.add(
        with(
            best,
            best.spec().defenseOptions(),
            SampleRun.object("access", List.of("suspect-model", "oracle"))));
    RunPlan plan = SampleRun.plan(List.of(0L), List.of("fine-pruning", "activation-clustering"));

    Document page = render(new RunResult(plan, records, folder));

    assertThat(row(page, "activation-clustering oracle").select(".badge").text())
        .isEqualTo("oracle");
    assertThat(page.select(".card .label").eachText()).contains("ASR after fine-pruning");
  }

  @Test
  void write_oneMethodTwice_isToldApartByItsOptions() throws Exception {
    ResultRecord one = SampleRun.defense("strip", false, 0);
    ResultRecord two = withOptions(one, SampleRun.object("overlays", 10, "fidelity", "paper"));
    RunPlan plan = SampleRun.plan(List.of(0L), List.of("strip"));

    Document page = render(new RunResult(plan, List.of(one, two), folder));

    assertThat(page.select("table.results .variant").eachText())
        .containsExactly("overlays = 64, frr = 0.01", "overlays = 10");
  }

  @Test
  void write_recordsInAnyOrder_showsDefensesAsPlanned() throws Exception {
    List<ResultRecord> records = new ArrayList<>(SampleRun.full(folder).records());
    Collections.reverse(records);
    RunPlan plan = SampleRun.plan(List.of(0L, 1L), SampleRun.DEFENSES);

    Document page = render(new RunResult(plan, records, folder));

    assertThat(page.select("article.defense h3").eachText()).isEqualTo(SampleRun.DEFENSES);
  }

  @Test
  void write_loadsNothing() throws Exception {
    assertThat(full.select("link, iframe, object, embed, base, script[src]")).isEmpty();
    assertThat(full.select("[src]")).allMatch(e -> e.attr("src").startsWith("data:image/png;"));
    assertThat(full.select("style").html()).doesNotContain("url(").doesNotContain("@import");
    assertThat(full.html()).doesNotContain("sourceMappingURL");
  }

  @Test
  void write_policy_allowsItsOwnTwoScriptsOnly() throws Exception {
    String policy = full.select("meta[http-equiv]").attr("content");
    List<Element> scripts = full.select("script:not([type])");

    assertThat(policy).startsWith("default-src 'none'").contains("img-src data:");
    assertThat(scripts).hasSize(2);
    for (Element script : scripts) {
      assertThat(policy).contains("'sha256-" + sha256(script.data()) + "'");
    }
  }

  @Test
  void write_hostileTexts_stayTexts() throws Exception {
    Document harmless = render(SampleRun.of(folder, List.of(0L), List.of("strip")));
    Document page = render(hostile());

    assertThat(page.select("script:not([type])")).hasSize(2);
    assertThat(page.select("img:not([src^=data:])")).isEmpty();
    for (Element element : page.getAllElements()) {
      element
          .attributes()
          .forEach(attribute -> assertThat(attribute.getKey()).doesNotStartWith("on"));
    }
    assertThat(page.select("script:not([type])").get(1).data())
        .isEqualTo(harmless.select("script:not([type])").get(1).data());
    assertThat(page.text()).contains(HOSTILE); // shown as it is, where a person reads it
  }

  @Test
  void write_chartData_isJsonWithEveryName() throws Exception {
    Document page = render(hostile());
    List<String> names = new ArrayList<>();
    for (Element data : page.select("script[type=application/json]")) {
      JsonNode chart = Json.mapper().readTree(data.data());
      chart.path("series").forEach(series -> names.add(series.path("name").asText()));
    }

    assertThat(names).contains(HOSTILE);
  }

  @Test
  void write_charts_haveWordsAndTablesForThem() throws Exception {
    assertThat(full.select("figure.chart")).hasSizeGreaterThan(8);
    for (Element chart : full.select("figure.chart")) {
      assertThat(chart.select("canvas").attr("aria-label")).isNotBlank();
      assertThat(chart.select("details table tbody tr")).isNotEmpty();
    }
    assertThat(full.select("canvas").eachAttr("aria-label"))
        .anyMatch(label -> label.contains("threshold at -0.52"));
    assertThat(full.select("img:not([alt])")).isEmpty();
  }

  @Test
  void write_plan_isReadBackAsItWas() throws Exception {
    RunResult result = SampleRun.full(folder);
    Document page = render(result);

    RunPlan plan =
        Json.configure(YAMLMapper.builder())
            .build()
            .readValue(page.select("#plan code").text(), RunPlan.class);

    assertThat(Json.write(plan)).isEqualTo(Json.write(result.plan()));
  }

  @Test
  void write_recordsOnDisk_areLinkedRelatively() throws Exception {
    RunResult result = SampleRun.of(folder, List.of(0L), List.of("strip"));
    RecordStore.open(folder).save(result.records().get(0));

    Elements links = render(result).select("td.key a");

    assertThat(links).hasSize(1);
    assertThat(folder.resolve("report").resolve(links.attr("href"))).exists();
  }

  @Test
  void write_isTheSameInEveryLocaleAndSmall() throws Exception {
    List<String> pages = new ArrayList<>();
    for (String language : List.of("en-US", "de-DE", "ar-EG")) {
      Locale.setDefault(Locale.forLanguageTag(language));
      render(SampleRun.full(folder));
      pages.add(Files.readString(file()));
    }

    assertThat(pages.get(1)).isEqualTo(pages.get(0));
    assertThat(pages.get(2)).isEqualTo(pages.get(0));
    assertThat(Files.size(file())).isLessThan(1_000_000);
  }

  @Test
  void write_partOfARun_isAPageToo() throws Exception {
    RunPlan plan = SampleRun.plan(List.of(0L), List.of("strip"));

    Document nothing = render(new RunResult(plan, List.of(), folder));
    Document attackOnly =
        render(new RunResult(plan, SampleRun.full(folder).records().subList(0, 1), folder));

    assertThat(nothing.select(".lead").text()).isEqualTo("This run has no results.");
    assertThat(attackOnly.select(".card")).hasSize(2);
    assertThat(attackOnly.select("table.results tbody tr")).hasSize(1);
  }

  private Path file() {
    return folder.resolve("report").resolve("index.html");
  }

  private Document render(RunResult result) throws Exception {
    HtmlReport.write(result, file());
    return Jsoup.parse(file());
  }

  private static Element row(Document page, String name) {
    return page.select("table.results tbody tr").stream()
        .filter(row -> row.select("th").text().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Element cell(Document page, String row, int column) {
    return row(page, row).select("td").get(column);
  }

  private static String sha256(String text) throws Exception {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  /** A run in which every free text tries to become a script. */
  private RunResult hostile() {
    Map<String, List<Double>> samples = Map.of(HOSTILE, List.of(1.0, 2.0));
    Evidence evidence =
        new Evidence(
            Map.of(HOSTILE, 1.0),
            List.of(
                new Figure.Histogram(HOSTILE, HOSTILE, samples, 1.5),
                new Figure.Curves(HOSTILE, HOSTILE, HOSTILE, List.of(1.0, 2.0), samples),
                new Figure.Bars(HOSTILE, HOSTILE, Map.of(HOSTILE, 1.0), Double.NaN),
                new Figure.Pictures(
                    HOSTILE, new ImageShape(1, 1, 1), Map.of(HOSTILE, new float[1]))),
            List.of(HOSTILE));
    List<ResultRecord> records =
        new ArrayList<>(SampleRun.of(folder, List.of(0L), List.of()).records());
    ResultRecord strip = SampleRun.defense("strip", false, 0);
    ResultRecord ok =
        SampleRun.record(
            Kind.DEFENSE,
            strip.spec(),
            strip.before(),
            strip.after(),
            evidence,
            strip.history(),
            1);
    records.add(withOptions(ok, SampleRun.object(HOSTILE, HOSTILE)));
    ResultRecord other = SampleRun.defense("acme.spectral-gate", false, 0);
    records.add(
        new ResultRecord(
            other.schema(),
            HOSTILE,
            other.kind(),
            other.spec(),
            Status.FAILED,
            HOSTILE,
            List.of(),
            List.of(),
            Evidence.NONE,
            other.history(),
            1,
            1,
            other.provenance()));
    RunPlan plan = SampleRun.plan(List.of(0L), List.of(HOSTILE));
    return new RunResult(plan, records, folder);
  }

  private static ResultRecord withOptions(ResultRecord record, JsonNode options) {
    return with(record, options, record.spec().settings());
  }

  private static ResultRecord with(ResultRecord record, JsonNode options, JsonNode settings) {
    ResultRecord.CellSpec spec = record.spec();
    ResultRecord.CellSpec changed =
        new ResultRecord.CellSpec(
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
            options,
            spec.control(),
            spec.seed(),
            settings,
            spec.code(),
            spec.engine());
    return SampleRun.record(
        record.kind(),
        changed,
        record.before(),
        record.after(),
        record.evidence(),
        record.history(),
        record.seconds());
  }
}
