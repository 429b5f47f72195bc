package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.data.DatasetCache;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.Registries;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A data set together with its options and the folder of its files.
 *
 * @param source where it comes from
 * @param options a value of its options record
 * @param folder absent for embedded data, and where no files were found
 * @param spec what it is, with these options
 */
record BoundData(
    DatasetSource<Record> source, Record options, Optional<Path> folder, DatasetSpec spec) {

  /**
   * Binds a choice to the data set's defaults.
   *
   * @param folder as the user named it; else the place is looked at where fetched files go
   */
  @SuppressWarnings("unchecked") // options always come from the source's own defaults
  static BoundData of(Registries registries, MethodChoice choice, Optional<Path> folder) {
    DatasetSource<Record> source = (DatasetSource<Record>) registries.datasets().get(choice.id());
    Record options =
        Options.bind(
            "data set '" + source.id() + "'", source.defaults(), (JsonNode) choice.options());
    Optional<Path> place = folder.or(() -> DataFolders.found(source));
    return new BoundData(source, options, place, source.spec(place, options));
  }

  String id() {
    return source.id();
  }

  JsonNode optionTree() {
    return Json.tree(options);
  }

  /** Loads, from the cache if it knows these very files. */
  DatasetSource.Splits load() {
    return source.load(folder, options, DatasetCache.standard());
  }
}
