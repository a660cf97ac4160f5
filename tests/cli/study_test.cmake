# scripts/study.py from stores to tables, on runs of six updates.
file(REMOVE_RECURSE ${work})
set(common --programs ${programs} --jobs 2 --seeds 2 --other-seeds 1 --variants scar random random-longer
    --longer 9u --set=--train.duration=6u --set=--train.batch=16 --set=--train.warmup=2u --set=--train.validate_every=6u
    --set=--game.warmup_steps=2 --set=--game.batch=8 --set=--model.width=48 --set=--model.embedding=48
    --set=--model.ecg.blocks=1 --set=--model.text.blocks=1 --set=--model.masker.width=16)

# A study is called; its tables hold all texts of `wanted`, and come from files alone when it is called again: also where
# there is nothing but its answers, neither programs nor stores nor scores.
function(check_study wanted kind out)
  set(command ${python} ${source}/scripts/study.py ${kind} --out ${out} ${ARGN} ${common})
  execute_process(COMMAND ${command} OUTPUT_VARIABLE printed ERROR_VARIABLE messages RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${command}\nleft with ${status}\n${messages}")
  endif()
  foreach(text ${wanted})
    string(FIND "${printed}" "${text}" place)
    if(place EQUAL -1)
      message(FATAL_ERROR "the tables lack '${text}':\n${printed}")
    endif()
  endforeach()
  execute_process(COMMAND ${command} --tables OUTPUT_VARIABLE again RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR NOT again STREQUAL printed)
    message(FATAL_ERROR "printed again:\n${again}\nfirst:\n${printed}")
  endif()
  file(COPY ${out}/results DESTINATION ${out}-answers)
  execute_process(COMMAND ${python} ${source}/scripts/study.py ${kind} --out ${out}-answers --tables ${ARGN} ${common}
                          --programs ${work}/nowhere --store ${work}/nowhere
                  OUTPUT_VARIABLE again RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR NOT again STREQUAL printed)
    message(FATAL_ERROR "printed from the answers alone:\n${again}\nfirst:\n${printed}")
  endif()
endfunction()

check_study("| scar | 2 |;| random | 2 |;| random-longer | 1 |;scar against random;primary_removed"
            synthetic ${work}/synthetic --records 200 --evaluation-records 60 --seconds 2)
file(READ ${work}/synthetic/random-longer-s1/status.json longer)
if(NOT longer MATCHES "\"step\": *9[^0-9]")
  message(FATAL_ERROR "--longer 9u was to train 9 updates:\n${longer}")
endif()
# Any store and task will do for the study of real records.
check_study("### synth;| scar | 2 |;| random | 2 |;CMRS"
            ptbxl ${work}/real --store ${work}/synthetic/evaluation.store --tasks synth --fold 9,10
            --set=--data.train_folds=1,2,3,4,5,6,7,8 --set=--data.holdout=0)
