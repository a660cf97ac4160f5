# scripts/study.py from stores to tables, on runs of six updates.
file(REMOVE_RECURSE ${work})
set(command ${python} ${source}/scripts/study.py synthetic --out ${work} --programs ${programs} --jobs 2 --records 200
    --evaluation-records 60 --seconds 2 --seeds 2 --other-seeds 1 --variants scar random
    --set=--train.duration=6u --set=--train.batch=16 --set=--train.warmup=2u --set=--train.validate_every=6u
    --set=--game.warmup_steps=2 --set=--game.batch=8 --set=--model.width=32 --set=--model.embedding=32
    --set=--model.ecg.blocks=1 --set=--model.text.blocks=1 --set=--model.masker.width=16)
execute_process(COMMAND ${command} OUTPUT_VARIABLE printed ERROR_VARIABLE messages RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "left with ${status}\n${messages}")
endif()
foreach(wanted "| scar | 2 |" "| random | 2 |" "scar against random" "primary_removed")
  string(FIND "${printed}" "${wanted}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "the tables lack '${wanted}':\n${printed}")
  endif()
endforeach()

# What is there is not done again: the tables come from files alone.
execute_process(COMMAND ${command} --tables OUTPUT_VARIABLE again RESULT_VARIABLE status)
if(NOT status EQUAL 0 OR NOT again STREQUAL printed)
  message(FATAL_ERROR "printed again:\n${again}\nfirst:\n${printed}")
endif()
